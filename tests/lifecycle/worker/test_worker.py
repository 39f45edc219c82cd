"""What a worker makes of its master."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from locust import User

from jobload.lifecycle.worker.worker import NO_PLAN, Worker
from jobload.load.http.origin import Origin
from jobload.load.process.assignment import Assignment
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.job_watcher import JobWatcher
from jobload.plan.scenario import load_scenario

SAME, OTHER = {"Base": "1"}, {"Base": "2"}


def test_one_that_is_given_users_without_a_plan_says_why_it_makes_no_load(
    caplog: pytest.LogCaptureFixture,
) -> None:
    worker: Any = Worker.__new__(Worker)
    worker.environment = SimpleNamespace(parsed_options=SimpleNamespace())
    worker.join()
    assert not caplog.messages  # it comes when nothing runs
    worker.on_test_start()
    assert caplog.messages == [NO_PLAN]


@pytest.mark.parametrize(
    ("here", "told", "objection"),
    [
        ({"Another": SAME}, {"Shopper": SAME}, "w1 has no user class Shopper"),
        ({"Shopper": OTHER}, {"Shopper": SAME}, "w1 has another user class Shopper"),
        ({"Shopper": SAME, "Another": OTHER}, {"Shopper": SAME, "Another": SAME}, None),
        ({"Shopper": SAME}, {}, None),
    ],
)
def test_one_whose_user_classes_are_not_those_of_the_scenario_objects(
    here: dict[str, dict[str, str]], told: dict[str, dict[str, str]], objection: str | None
) -> None:
    worker: Any = SimpleNamespace(
        environment=SimpleNamespace(available_user_classes=here),
        runner=SimpleNamespace(client_id="w1"),
        _sources=here,
        _lack=lambda _: None,
    )
    scenarios = [SimpleNamespace(users_mix={"Shopper": 1}, dump=dict)]
    assignment: Any = SimpleNamespace(scenarios=scenarios, sources=told, wants_of_its_worker=None)
    said = Worker._objection(worker, assignment)
    assert said is None if objection is None else objection in str(said)


PAYLOAD = {"payload": {"file": "here-not.jsonl"}}


class Mine(User):
    """With no need of what the scenario sends."""


@pytest.mark.parametrize(
    ("fields", "is_lacking"),
    [
        (PAYLOAD, True),
        (PAYLOAD | {"users_mix": {"JobFollower": 1}}, True),
        (PAYLOAD | {"users_mix": {"JobWatcher": 1}}, False),
        (PAYLOAD | {"users_mix": {"Mine": 1}}, False),
        (PAYLOAD | {"users_mix": {"Mine": 1, "JobSubmitter": 1}}, True),
        (PAYLOAD | {"method": "GET"}, False),
        ({"steps": [{"post": "/x", "body": {"file": "here-not.jsonl"}}]}, True),
    ],
)
def test_one_that_lacks_a_file_that_its_users_send_says_which(
    fields: dict[str, Any], is_lacking: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = load_scenario({"name": "a", "shape": "ramp", "users": 1, "duration": "9s", **fields})
    users = {
        each.__name__: each for each in (FlowUser, JobFollower, JobSubmitter, JobWatcher, Mine)
    }
    worker: Any = Worker.__new__(Worker)
    worker.environment = SimpleNamespace(available_user_classes=users)
    worker.runner = SimpleNamespace(client_id="w1")
    worker._sources = {}
    monkeypatch.setenv("JOBLOAD_TOKEN", "t" * 32)
    assignment = Assignment("run", Origin.parse("http://127.0.0.1:1"), (plan,))
    assert worker._objection(assignment) == (
        "w1: here-not.jsonl can't be read: No such file or directory;"
        " each worker wants it at the same path as the master"
        if is_lacking
        else None
    )
    monkeypatch.delenv("JOBLOAD_TOKEN")
    assert "here-not" not in str(worker._objection(assignment))
