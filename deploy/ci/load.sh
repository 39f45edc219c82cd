#!/bin/bash
# Makes the load, once more if it was INVALID, and says what came of it.
#   jobload      the command
#   JOBLOAD_HOST the target; empty is the embedded one
#   JOBLOAD_ARGS options of `jobload run`, such as --scenario light
# Writes .jobload/outcome (code=, status=) and .jobload/results/.
set -euo pipefail

mkdir -p .jobload
read -rd '' -a options <<<"${JOBLOAD_ARGS:-}" || true  # of several lines too
if [ -n "${JOBLOAD_HOST:-}" ]; then
  options+=(--host "$JOBLOAD_HOST")
fi
# Of the pipeline: jobload would warn of each as a setting that it does not know.
export -n JOBLOAD_ARGS JOBLOAD_BASELINE_RUNS JOBLOAD_COMMENT_TOKEN JOBLOAD_FAIL_ON_WORSE \
  JOBLOAD_HOME JOBLOAD_HOST JOBLOAD_REF JOBLOAD_REPOSITORY

options+=(--results .jobload/results)  # the last one counts, and there the next steps look
code=0
"$jobload" run "${options[@]}" || code=$?
if [ "$code" = 3 ]; then
  echo "INVALID says nothing of the API; once more."
  code=0
  "$jobload" run "${options[@]}" || code=$?
fi
case "$code" in
  0) status=PASS ;;
  1) status=FAIL ;;
  2) status="configuration error" ;;
  *) status=INVALID ;;
esac
if [ "$code" = 0 ] && grep -q '^  "status": "PROFILED"' .jobload/results/latest/result.json; then
  status=PROFILED
fi
printf 'code=%s\nstatus=%s\n' "$code" "$status" >.jobload/outcome
