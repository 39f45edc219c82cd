#!/bin/bash
# Makes the load, once more if it was INVALID, and says what came of it.
#   jobload      the command
#   JOBLOAD_HOST the target; empty is the embedded one
#   JOBLOAD_ARGS options of `jobload run`, such as --scenario light
# Writes .jobload/outcome (code=, status=) and .jobload/results/.
set -euo pipefail

mkdir -p .jobload
read -ra options <<<"${JOBLOAD_ARGS:-}"
if [ -n "${JOBLOAD_HOST:-}" ]; then
  options+=(--host "$JOBLOAD_HOST")
fi

code=0
"$jobload" run --results .jobload/results "${options[@]}" || code=$?
if [ "$code" = 3 ]; then
  echo "INVALID says nothing of the API; once more."
  code=0
  "$jobload" run --results .jobload/results "${options[@]}" || code=$?
fi
case "$code" in
  0) status=PASS ;;
  1) status=FAIL ;;
  2) status="configuration error" ;;
  *) status=INVALID ;;
esac
printf 'code=%s\nstatus=%s\n' "$code" "$status" >.jobload/outcome
