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
  base=()
  last=
  for run in $(ls -1r .jobload/baseline 2>/dev/null); do
    [ -e ".jobload/baseline/$run/result.json" ] || continue
    last=$run
    [ "${#base[@]}" -lt "${JOBLOAD_BASELINE_RUNS:-5}" ] || break
    found=0
    "$jobload" compare ".jobload/baseline/$run" "$new" --across-versions >/dev/null 2>&1 || found=$?
    if [ "$found" -le 1 ]; then
      base+=(".jobload/baseline/$run")
    fi
  done
  found=0
  if [ "${#base[@]}" -gt 0 ]; then
    "$jobload" compare --base "${base[@]}" --new "$new" --across-versions --markdown \
      >.jobload/comparison.md || found=$?
    case "$found" in
      0) comparison="no alarm" ;;
      1) comparison=worse ;;
      *) comparison="not compared" ;;
    esac
  elif [ -n "$last" ]; then
    comparison="not compared"
    "$jobload" compare ".jobload/baseline/$last" "$new" --across-versions --markdown \
      >.jobload/comparison.md || true
  else
    say "### jobload: no baseline" "" "The main branch has left no run yet to compare with."
  fi
fi
printf '\nThe run itself: **%s** (exit code %s).\n' "$status" "$code" >>.jobload/comparison.md
echo "comparison=$comparison" >>.jobload/outcome
