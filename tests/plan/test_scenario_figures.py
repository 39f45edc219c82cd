"""What of a scenario follows from its fields: its highest rate, most users, drain and length."""

from __future__ import annotations

from typing import Any

import pytest
from bodies import ADHOC, LIGHT, SPIKE

from jobload.plan.scenario import Scenario, load_scenario

STEPS = [{"get": "/a", "timeout": "2s"}, {"pause": "100ms-4s"}, {"get": "/b", "retries": 0}]


def light(**fields: Any) -> Scenario:
    return load_scenario({**LIGHT, **fields})


def test_the_rate_is_the_highest_that_is_offered() -> None:
    spike = load_scenario(SPIKE)
    assert spike.rate == SPIKE["rate"] == max(stage.rate or 0.0 for stage in spike.stages())
    assert spike.without_rate().rate is None


def test_most_users_are_those_of_the_highest_end_of_a_stage() -> None:
    spike = load_scenario(SPIKE)
    assert spike.most_users == SPIKE["users"]
    stages = [{"name": "down", "duration": "5s", "users_from": 9, "users": 2, "judged": True}]
    falling = load_scenario({"name": "a", "shape": "staged", "stages": stages})
    assert falling.most_users == 9


@pytest.mark.parametrize(
    ("fields", "drain_s"),
    [
        ({"retries": 0}, 10.0),
        ({"retries": 1}, 20.0 + 0.1),
        ({"retries": 3}, 40.0 + 0.1 + 0.2 + 0.4),
        ({"retry": {"times": 2, "after": "server"}}, 30.0 + 20.0),
        ({"retries": 0, "users_mix": {"JobFollower": 1}}, 10.0 + 10.0),
        ({"retries": 0, "completion_timeout": "4s"}, 10.0 + 4.0),
        ({"retries": 1, "steps": STEPS, "users_mix": {"FlowUser": 1}}, 4.0 + 4.0 + 10.0 + 3 * 0.1),
        (
            {
                "retries": 1,
                "steps": STEPS,
                "users_mix": {"FlowUser": 1},
                "operation_timeout": "11s",
            },
            11.0,
        ),
    ],
)
def test_a_drain_lasts_as_long_as_all_attempts_with_their_pauses_and_what_follows(
    fields: dict[str, Any], drain_s: float
) -> None:
    assert light(timeout="10s", **fields).drain_s == pytest.approx(drain_s)


@pytest.mark.parametrize(
    ("users", "spawn_rate", "ramp_s"), [(10, 4, 2.5), (1, 1000, 0.001), (1, 2000, None)]
)
def test_the_ramp_of_an_ad_hoc_scenario_is_as_long_as_its_users_take_to_start(
    users: int, spawn_rate: float, ramp_s: float | None
) -> None:
    scenario = load_scenario({**ADHOC, "users": users, "spawn_rate": spawn_rate})
    lengths = {stage.name: stage.duration_s for stage in scenario.stages()}
    assert lengths.get("ramp-up") == ramp_s
    assert lengths["hold"] == 60.0 - (ramp_s or 0.0)
    assert scenario.total_s == 60.0
