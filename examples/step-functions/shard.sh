#!/bin/sh
# One part of the fleet. SHARD is K/N, POLICIES the folder of the desired state in S3, REPORTS where the reports go.
set -eu
cd "${WORK:-/work}"
aws s3 cp --recursive --only-show-errors "$POLICIES/" policies/

# For a plan: `plan --detailed-exitcode` instead of `drift --attribute`, and that flag in merge.sh.
code=0
logpolicy -f policies --shard "$SHARD" drift --attribute --report json=shard.json || code=$?

# What a shard found is kept when it fails, too.
if [ -s shard.json ]; then
  aws s3 cp --only-show-errors shard.json "$REPORTS/${SHARD%/*}.json"
fi

# Drift (2) is a result, and no failure of the shard.
case "$code" in
  0 | 2) ;;
  *) exit "$code" ;;
esac
