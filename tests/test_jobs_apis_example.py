"""examples/jobs-apis: each scenario against a server that answers in that way and no other."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from init.replayed import assert_all_succeeded, replayed
from scripted_api import Answer, Request

from jobload.cli import main
from jobload.plan.plan_file import load_plan_file

pytestmark = pytest.mark.waits

FILE = Path(__file__).resolve().parents[1] / "examples/jobs-apis/scenarios.yaml"
LOOKS = 2
"""Before a job is done."""


class Api:
    """Numbers its jobs, and knows how often each was looked at."""

    def __init__(self, *routes: tuple[str, Callable[[Api, re.Match[str]], Answer]]) -> None:
        self._routes = routes
        self.made = 0
        self.looks: Counter[str] = Counter()
        self.unknown: list[str] = []

    def __call__(self, request: Request) -> Answer:
        said = f"{request.method} {request.path}"
        for pattern, answer in self._routes:
            if match := re.fullmatch(pattern, said):
                return answer(self, match)
        self.unknown.append(said)
        return 404, b"{}"

    def new(self) -> int:
        self.made += 1
        return self.made

    def is_done(self, job: str) -> bool:
        self.looks[job] += 1
        return self.looks[job] > LOOKS


def said(value: Any) -> bytes:
    return json.dumps(value).encode()


def state(word: str, done: bool, otherwise: str) -> bytes:
    return said({"status": word if done else otherwise})


APIS: dict[str, Api] = {
    "location": Api(
        ("POST /jobs", lambda api, _: (202, b"", {"Location": f"/jobs/{api.new()}/status"})),
        (
            r"GET /jobs/(\d+)/status",
            lambda api, match: (200, state("succeeded", api.is_done(match[1]), "running")),
        ),
    ),
    "job-id": Api(
        ("POST /v1/batch", lambda api, _: (200, said({"jobId": f"b {api.new()}"}))),
        (
            r"GET /v1/batch/b%20(\d+)/status",
            lambda api, match: (
                200,
                said({"progress": {"state": "COMPLETED" if api.is_done(match[1]) else "RUNNING"}}),
            ),
        ),
        (r"GET /v1/batch/b%20\d+/output", lambda _, __: (200, said({"rows": 3}))),
    ),
    "nested-ids": Api(
        ("POST /projects", lambda _, __: (201, said({"data": {"id": "p1"}}))),
        (
            "POST /projects/p1/tasks",
            lambda api, _: (201, said({"data": {"task": {"task-id": api.new()}}})),
        ),
        (
            r"GET /projects/p1/tasks/(\d+)",
            lambda api, match: (200, said({"data": {"task": {"done": api.is_done(match[1])}}})),
        ),
    ),
    "see-other": Api(
        ("POST /exports", lambda api, _: (202, b"", {"Location": f"/exports/{api.new()}"})),
        (
            r"GET /exports/(\d+)",
            lambda api, match: (
                (303, b"", {"Location": f"/files/{match[1]}.csv"})
                if api.is_done(match[1])
                else (200, b"{}")
            ),
        ),
        (r"GET /files/\d+\.csv", lambda _, __: (200, b"id,rows\n1,2\n")),
    ),
    "retry-after": Api(
        ("POST /renders", lambda api, _: (202, said({"id": api.new()}))),
        (
            r"GET /renders/(\d+)",
            lambda api, match: (
                (200, b"{}")
                if api.is_done(match[1])
                else (202, b"", {"Retry-After": "1" if api.looks[match[1]] == 1 else "0"})
            ),
        ),
    ),
}


def test_every_scenario_is_tried_here_and_validates(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(load_plan_file(FILE).scenarios) - {"adhoc"} == set(APIS)
    assert main(["validate", "--scenarios", str(FILE)]) == 0


@pytest.mark.parametrize("name", APIS)
def test_a_job_is_followed_from_its_submission_to_its_result(name: str) -> None:
    api = APIS[name]
    with replayed(FILE, api, name=name) as (process, server):
        assert_all_succeeded(process)
        waited = process.step("wait")
        ended = process.record().overall().succeeded
    assert api.unknown == []
    assert api.made == process.step("submit").succeeded == ended
    # Each job was looked at until it was done, and no more.
    assert set(api.looks.values()) == {LOOKS + 1}
    assert sum(api.looks.values()) == waited.attempts
    assert len(server.requests) == sum(
        process.step(step.label).attempts
        for flow in load_plan_file(FILE).scenarios[name].all_flows.values()
        for step in flow.steps
    )


def test_a_retry_after_that_is_longer_than_the_interval_is_kept_to() -> None:
    api = APIS["retry-after"]
    api.looks.clear()
    with replayed(FILE, api, name="retry-after") as (process, _):
        assert_all_succeeded(process)
        shortest_us = process.step("wait").response_time.min_us
    assert shortest_us >= 1_000_000


def test_a_job_that_fails_is_a_failure_with_its_word() -> None:
    api = Api(
        ("POST /jobs", lambda api, _: (202, b"", {"Location": f"/jobs/{api.new()}/status"})),
        (r"GET /jobs/(\d+)/status", lambda _, __: (200, said({"status": "failed"}))),
    )
    with replayed(FILE, api, name="location") as (process, _):
        whole = process.record().overall()
    assert whole.succeeded == 0
    assert whole.failed
    assert "failed" in str(whole.errors.examples)
