"""Settings of the tester in the environment: a name that nobody knows is worth a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from jobload.plan.problem import did_you_mean, shown
from jobload.report.files.write import KEEP_RUNS, KEEP_SETTING

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


NAMES_A_FILE = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Others than ours, which those who read them ignore in silence when there is nothing."""
NAMES_A_FILE_TO_BE = ("GITHUB_STEP_SUMMARY",)


def warnings_about(environ: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(environ):
        ours = name.startswith(PREFIX) and not name.startswith(OF_THE_TARGET)
        if ours and name not in KNOWN:
            yield f"{name} is no setting of jobload; {did_you_mean(name, KNOWN)}"
    yield from _absent(environ)
    kept = environ.get(KEEP_SETTING, "1").strip()
    if not (kept.isascii() and kept.isdigit() and int(kept) > 0):
        yield f"{KEEP_SETTING} is {shown(kept)} and no number from 1 on; {KEEP_RUNS} are kept"


def _absent(environ: Mapping[str, str]) -> Iterator[str]:
    for name in NAMES_A_FILE:
        for path in filter(None, environ.get(name, "").split(":")):
            if not Path(path).exists():
                yield f"{name} names {path}, which is not there"
    for name in NAMES_A_FILE_TO_BE:
        if (path := environ.get(name, "")) and not Path(path).parent.is_dir():
            yield f"{name} names {path}, whose folder is not there"
