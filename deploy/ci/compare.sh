#!/bin/bash
# Compares the run of load.sh with the newest ones of the main branch that it can be compared with.
#   jobload               the command
#   JOBLOAD_BASELINE_RUNS how many; 5
# Reads .jobload/results/latest and .jobload/baseline/*/; writes .jobload/comparison.md, and adds
# comparison= to .jobload/outcome: worse, no alarm, not compared or no baseline. That is an outcome of
# its own: it changes no exit code.
set -euo pipefail

. <(sed 's/=\(.*\)/="\1"/' .jobload/outcome)
new=.jobload/results/latest
comparison="no baseline"
say() { printf '%s\n' "$@" >.jobload/comparison.md; }

if [ "$code" -gt 1 ] || [ ! -e "$new/result.json" ]; then
  comparison="not compared"
  say "### ⚠️ jobload: $status" "" \
    "The run measured nothing that could be compared with the main branch; its summary says why."
else
  shopt -s nullglob
  base=(.jobload/baseline/*/result.json)
  if [ "${#base[@]}" -gt 0 ]; then
    found=0
    "$jobload" compare --base "${base[@]}" --new "$new" --across-versions --markdown \
      --comparable "${JOBLOAD_BASELINE_RUNS:-5}" >.jobload/comparison.md || found=$?
    case "$found" in
      0) comparison="no alarm" ;;
      1) comparison=worse ;;
      *) comparison="not compared" ;;
    esac
    if [ ! -s .jobload/comparison.md ]; then
      say "### jobload: not compared" "" "The log of the job says why."
    fi
  else
    say "### jobload: no baseline" "" "The main branch has left no run yet to compare with."
  fi
fi
printf '\nThe run itself: **%s** (exit code %s).\n' "$status" "$code" >>.jobload/comparison.md
echo "comparison=$comparison" >>.jobload/outcome
