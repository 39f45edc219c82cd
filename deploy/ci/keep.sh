#!/bin/bash
# On the main branch: the run of load.sh becomes one of those that others are compared with.
#   jobload           the command
#   JOBLOAD_KEEP_RUNS how many are kept; 20
# An INVALID run, or one with a mistake in its files, is none.
set -euo pipefail

. <(sed 's/=\(.*\)/="\1"/' .jobload/outcome)
if [ "$code" -gt 1 ]; then
  echo "$status: not kept as a baseline."
  exit 0
fi
kept=.jobload/baseline
run=$(basename "$(readlink -f .jobload/results/latest)")
mkdir -p "$kept/$run"
cp .jobload/results/latest/result.json "$kept/$run/"
grep -F "\"$run\"" .jobload/results/history.jsonl >>"$kept/history.jsonl" || true
ls -1d "$kept"/*/ | head -n "-${JOBLOAD_KEEP_RUNS:-20}" | xargs -r rm -r --
"$jobload" history --results "$kept" --changes >.jobload/history.txt
cat .jobload/history.txt
