from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobload.load.http.tls_context import tls_context
from jobload.plan.ordinary_file import kind_flaw
from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario
from jobload.plan.sent_files import check_sent_files

WHY = r"is no ordinary file|is a folder|is no name of a file"
PLAN = {"name": "x", "shape": "ramp", "users": 1, "duration": "5s"}


def test_a_file_that_ends_is_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert kind_flaw(str(tmp_path / "a")) is None


@pytest.fixture(params=["a pipe", "/dev/zero", "a folder", "a\0b"])
def endless(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    os.mkfifo(tmp_path / "a pipe")
    (tmp_path / "a folder").mkdir()
    return str(tmp_path / request.param) if "\0" not in request.param else request.param


@pytest.mark.timeout(10)
def test_a_payload_that_never_ends_is_told_before_any_load(endless: str) -> None:
    with pytest.raises(PlanError, match=WHY):
        check_sent_files(load_scenario({**PLAN, "payload": {"file": endless}}))


@pytest.mark.timeout(10)
def test_a_body_that_never_ends_is_told_before_any_load(endless: str) -> None:
    steps = [{"post": "/a", "body": {"file": endless}}]
    with pytest.raises(PlanError, match=WHY):
        check_sent_files(load_scenario({**PLAN, "steps": steps}))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("field", ["cert", "ca"])
def test_a_certificate_that_never_ends_is_told_before_any_load(endless: str, field: str) -> None:
    with pytest.raises(PlanError, match=WHY):
        tls_context(load_scenario({**PLAN, "tls": {field: endless}}).tls)
