#!/usr/bin/env bash
# Keeps one open issue for each target with drift: drift-issues.sh DRIFT.json
# Targets that could not be read keep their issue as it is, and make the run fail at its end. So do those whose drift is
# told without its author, for CloudTrail could not be asked.
# Needs gh, jq and logpolicy; GITHUB_REPOSITORY, GITHUB_SERVER_URL and GITHUB_RUN_ID as GitHub Actions sets them.
set -euo pipefail

report=$1
label=logpolicy-drift
run="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID"
jq -e '.kind == "drift" and (.targets | type == "array")' "$report" > /dev/null || {
  echo "::error::$report is no report of drift, and no issue was touched"
  exit 1
}
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# The issues of this script: with the label, and by the bot, for others can write the marker too.
issues=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues?labels=$label&state=open&per_page=100" |
  jq -s 'add // [] | map(select(.user.login == "github-actions[bot]" and .pull_request == null)) | sort_by(.number)')

marker() { printf '<!-- logpolicy:drift-target %s -->' "$1"; }

# number TARGET: the number of its open issue, or nothing.
number() {
  jq -r --arg marker "$(marker "$1")" \
    'map(select(.body // "" | startswith($marker))) | .[0].number // empty' <<< "$issues"
}

# write METHOD PATH: sends the JSON of stdin.
write() { gh api --method "$1" "repos/$GITHUB_REPOSITORY/$2" --silent --input -; }

# keep TARGET: opens its issue, or updates it where it says something else by now.
keep() {
  local target=$1 open
  open=$(number "$target")
  if [ -z "$open" ]; then
    gh label create "$label" --repo "$GITHUB_REPOSITORY" --force --description "AWS differs from what was applied" > /dev/null
    jq -n --rawfile body "$body" --arg title "Drift in $target" --arg name "$label" \
      '{title: $title, body: $body, labels: [$name]}' | write POST issues
    echo "opened an issue for $target"
  elif jq -e --rawfile body "$body" --argjson open "$open" \
    'any(.[]; .number == $open and (.body // "" | rtrimstr("\n")) == ($body | rtrimstr("\n")))' <<< "$issues" > /dev/null; then
    echo "#$open says it already: $target"
  else
    jq -n --rawfile body "$body" '{body: $body}' | write PATCH "issues/$open"
    echo "updated #$open for $target"
  fi
}

# close TARGET REASON: closes its issue, if there is one.
close() {
  local target=$1 open
  open=$(number "$target")
  [ -n "$open" ] || return 0
  jq -n --arg body "$2 ([run]($run))" '{body: $body}' | write POST "issues/$open/comments"
  jq -n '{state: "closed", state_reason: "completed"}' | write PATCH "issues/$open"
  echo "closed #$open: $target"
}

# look TARGET OPTION...: the target's drift as the text of its issue; ends as `logpolicy drift` does.
look() {
  local target=$1
  shift
  {
    marker "$target"
    printf '\n'
    logpolicy --target "$target" drift "$@" --format markdown
  } > "$body"
}

unread=() unasked=()
while IFS=$'\t' read -r target found; do
  code=0
  case "$found" in
    error) unread+=("$target") ;;
    none) close "$target" "The drift is gone." ;;
    drift)
      look "$target" --attribute || code=$?
      # What is different counts, also where nobody can be asked who did it.
      if [ "$code" -eq 1 ]; then
        code=0
        look "$target" || code=$?
        [ "$code" -ne 2 ] || unasked+=("$target")
      fi
      case "$code" in
        0) close "$target" "The drift is gone." ;;
        2) keep "$target" ;;
        *) unread+=("$target") ;;
      esac
      ;;
  esac
done < <(jq -r '.targets[] | [.target, if .drift != [] then "drift" elif .error != null then "error" else "none" end] | @tsv' "$report")

# A target that is no longer in the files has no drift any more.
while read -r target; do
  close "$target" "The files do not name this target any more."
done < <(jq -r --slurpfile report "$report" '($report[0].targets | map(.target)) as $known
  | .[].body // "" | capture("^<!-- logpolicy:drift-target (?<target>[^ \n]+) -->").target
  | select(IN($known[]) | not)' <<< "$issues")

if [ "${#unasked[@]}" -gt 0 ]; then
  echo "::error::the drift is told without its author, for CloudTrail could not be asked: ${unasked[*]}"
fi
if [ "${#unread[@]}" -gt 0 ]; then
  echo "::error::could not be read, and their issues were left as they are: ${unread[*]}"
fi
[ "${#unread[@]}" -eq 0 ] && [ "${#unasked[@]}" -eq 0 ]
