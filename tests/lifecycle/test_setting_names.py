import re
from pathlib import Path

import pytest

from jobload.lifecycle.setting_names import KNOWN, warnings_about

SOURCES = Path(__file__).parents[2] / "jobload"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, []),
        ({"JOBLOAD_KEEP_RUNS": "3", "JOBLOAD_TARGET_X": "", "PATH": ""}, []),
        (
            {"JOBLOAD_KEEPRUNS": "3"},
            [
                "JOBLOAD_KEEPRUNS is no setting of jobload; expected JOBLOAD_KEEP_RUNS,"
                " JOBLOAD_METRICS_TOKEN, JOBLOAD_TOKEN, JOBLOAD_TOKEN_FILE, JOBLOAD_WEB_HOSTS,"
                " JOBLOAD_WEB_PASSWORD_HASH, JOBLOAD_WEB_PROXY or JOBLOAD_WEB_USER;"
                " did you mean JOBLOAD_KEEP_RUNS?"
            ],
        ),
        (
            {"JOBLOAD_KEEP_RUNS": "0"},
            ["JOBLOAD_KEEP_RUNS is '0' and no number from 1 on; 50 are kept"],
        ),
        (
            {"SSL_CERT_FILE": "/no/ca.pem", "SSL_CERT_DIR": "/:/no/certs"},
            [
                "SSL_CERT_FILE names /no/ca.pem, which is not there",
                "SSL_CERT_DIR names /no/certs, which is not there",
            ],
        ),
        (
            {"GITHUB_STEP_SUMMARY": "/no/summary.md"},
            ["GITHUB_STEP_SUMMARY names /no/summary.md, whose folder is not there"],
        ),
        ({"SSL_CERT_FILE": "/etc/hosts", "GITHUB_STEP_SUMMARY": "/tmp/not-yet.md"}, []),
    ],
)
def test_a_setting_that_nobody_knows_or_can_use_is_told(
    environ: dict[str, str], expected: list[str]
) -> None:
    assert list(warnings_about(environ)) == expected


def test_every_setting_that_is_read_is_known() -> None:
    sources = "".join(path.read_text() for path in SOURCES.rglob("*.py"))
    read = set(re.findall(r"\bJOBLOAD_[A-Z_]*[A-Z]\b", sources))
    assert {name for name in read if not name.startswith("JOBLOAD_TARGET")} == set(KNOWN)
