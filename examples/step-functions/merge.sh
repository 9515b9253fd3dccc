#!/bin/sh
# Puts the reports of all shards together; ends as one run over the whole fleet would. A shard that left no report is an
# error that names it.
set -eu
cd "${WORK:-/work}"
mkdir -p shards
aws s3 cp --recursive --only-show-errors "$REPORTS/" shards/

code=0
logpolicy report merge shards/*.json --format text --report json=merged.json --report html=merged.html \
  --metrics merged.prom || code=$?

for file in merged.json merged.html merged.prom; do
  if [ -s "$file" ]; then
    aws s3 cp --only-show-errors "$file" "$REPORTS/merged/$file"
  fi
done
exit "$code"
