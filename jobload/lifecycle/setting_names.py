"""Settings of the tester in the environment: a name that nobody knows is worth a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jobload.plan.problem import did_you_mean, shown
from jobload.report.write import KEEP_RUNS, KEEP_SETTING

PREFIX = "JOBLOAD_"
OF_THE_TARGET = "JOBLOAD_TARGET_"
"""It warns of its own."""
KNOWN = (
    KEEP_SETTING,
    "JOBLOAD_METRICS_TOKEN",
    "JOBLOAD_TOKEN",
    "JOBLOAD_TOKEN_FILE",
    "JOBLOAD_WEB_HOSTS",
    "JOBLOAD_WEB_PASSWORD_HASH",
    "JOBLOAD_WEB_PROXY",
    "JOBLOAD_WEB_USER",
)


def warnings_about(environ: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(environ):
        ours = name.startswith(PREFIX) and not name.startswith(OF_THE_TARGET)
        if ours and name not in KNOWN:
            yield f"{name} is no setting of jobload; {did_you_mean(name, KNOWN)}"
    kept = environ.get(KEEP_SETTING, "1").strip()
    if not (kept.isascii() and kept.isdigit() and int(kept) > 0):
        yield f"{KEEP_SETTING} is {shown(kept)} and no number from 1 on; {KEEP_RUNS} are kept"
