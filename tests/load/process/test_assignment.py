from __future__ import annotations

from typing import Any

import pytest

from jobload.lifecycle.port.worker_token import objection_without_token
from jobload.load.http.origin import Origin
from jobload.load.process.assignment import Assignment
from jobload.load.rows.rows import Outline
from jobload.plan.scenario import load_scenario

COMMON: dict[str, Any] = {
    "headers": {"Authorization": "Bearer ${TOKEN}"},
    "expect": {"status": [201, "300-302"], "json": ["id"]},
    "users_mix": {"JobSubmitter": 3, "JobWatcher": 1},
    "payload": {"file": "jobs.jsonl"},
    "arrivals": "poisson",
    "timeout": "1500ms",
}
SHAPES: list[dict[str, Any]] = [
    {"shape": "ramp", "users": 10, "ramp_up": "5s", "duration": "30s", "rate": 50},
    {"shape": "endurance", "users": 10, "duration": "30s"},
    {"shape": "step_stress", "users": [5, 10], "rate_per_user": 0.3, "step": "20s"},
    {"shape": "adhoc", "users": 20, "spawn_rate": 5.5},
    {
        "shape": "spike",
        "users": 50,
        "rate": 200,
        "duration": "30s",
        "baseline": {"users": 10, "rate": 40, "duration": "5s"},
        "recovery": "8s",
    },
    {"shape": "staged", "stages": [{"name": "a", "duration": "1m", "users": 2, "rate": 0.5}]},
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape["shape"]))
@pytest.mark.parametrize("common", [{}, COMMON], ids=["defaults", "everything"])
@pytest.mark.parametrize("host", ["http://127.0.0.1:8000", "https://example.test/staging"])
def test_a_plan_reaches_the_workers_as_it_was_made(
    shape: dict[str, Any], common: dict[str, Any], host: str
) -> None:
    scenario = load_scenario({"name": "one", **common, **shape})
    outlines = (Outline(("user", "age"), 400), Outline(("id",), 1))
    sent = Assignment(
        "run", Origin.parse(host), (scenario, scenario), frozenset({"a", "b"}), 7, 4, outlines
    )
    received = Assignment.from_json(sent.to_json())
    assert received == sent
    assert received.scenarios[0].stages() == scenario.stages()


def test_secrets_do_not_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "s3cr3t")
    scenario = load_scenario({"name": "one", **SHAPES[0], **COMMON})
    text = Assignment("run", Origin.parse("http://h"), (scenario,)).to_json()
    assert "${TOKEN}" in text
    assert "s3cr3t" not in text


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, None),
        ({"headers": {"X": "plain"}}, None),
        ({"headers": {"X": "a ${TOKEN}"}}, "a variable of its environment for s.headers.X"),
        ({"payload": {"file": "/etc/passwd"}}, "a file for s.payload.file"),
        ({"data": {"people": {"file": "people.csv"}}}, None),
        ({"data": {"file": {"file": "people.csv"}}}, None),
    ],
)
def test_it_says_what_a_worker_would_give_away(fields: dict[str, Any], wanted: str | None) -> None:
    plan = {"name": "s", "shape": "ramp", "users": 1, "duration": "5s", **fields}
    assignment = Assignment("run", Origin.parse("http://127.0.0.1:1"), (load_scenario(plan),))
    assert assignment.wants_of_its_worker == wanted
    objection = objection_without_token(assignment, {})
    assert (objection is None) == (wanted is None)
    assert objection_without_token(assignment, {"JOBLOAD_TOKEN": "t" * 32}) is None
