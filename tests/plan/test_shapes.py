from typing import Any

import pytest
from bodies import ADHOC, ALL, ENDURANCE, LIGHT, SPIKE, STAGED, STRESS
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jobload.plan.profile import planned_arrivals
from jobload.plan.scenario import Scenario, load_scenario
from jobload.plan.stage import Stage

Row = tuple[str, float, int, int, float | None, bool]


def rows(scenario: Scenario) -> list[Row]:
    return [
        (s.name, s.duration_s, s.users_from, s.users_to, s.rate, s.judged)
        for s in scenario.stages()
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (LIGHT, [("ramp-up", 5, 0, 10, 50, False), ("hold", 25, 10, 10, 50, True)]),
        (ENDURANCE, [("ramp-up", 5, 0, 10, 50, False), ("hold", 25, 10, 10, 50, True)]),
        (
            SPIKE,
            [
                ("baseline", 5, 10, 10, 40, True),
                ("ramp-up", 2, 10, 50, 200, False),
                ("spike", 15, 50, 50, 200, True),
                ("recovery", 8, 10, 10, 40, True),
            ],
        ),
        (
            STRESS,
            [
                ("ramp-50", 5, 0, 50, 150, False),
                ("step-50", 15, 50, 50, 150, True),
                ("ramp-100", 5, 50, 100, 300, False),
                ("step-100", 15, 100, 100, 300, True),
            ],
        ),
        (ADHOC, [("ramp-up", 4, 0, 20, None, False), ("hold", 56, 20, 20, None, True)]),
        (
            STAGED,
            [
                ("climb", 10, 0, 20, 100, False),
                ("plateau", 20, 20, 20, 100, True),
                ("fall", 5, 20, 0, 0, False),
            ],
        ),
    ],
    ids=[body["shape"] for body in (LIGHT, ENDURANCE, SPIKE, STRESS, ADHOC, STAGED)],
)
def test_each_shape_has_its_stages(body: dict[str, Any], expected: list[Row]) -> None:
    assert rows(load_scenario(body)) == expected


@pytest.mark.parametrize("body", [LIGHT, ENDURANCE, SPIKE, STRESS])
def test_a_ramp_that_takes_no_time_is_no_stage(body: dict[str, Any]) -> None:
    stages = load_scenario({**body, "ramp_up": "0s"}).stages()
    assert [stage.name for stage in stages if not stage.judged] == []
    before = sum(stage.duration_s for stage in load_scenario(body).stages())
    assert sum(stage.duration_s for stage in stages) == before


def test_users_who_all_start_at_once_need_no_ramp() -> None:
    adhoc = load_scenario({**ADHOC, "spawn_rate": 100_000})
    assert [stage.name for stage in adhoc.stages()] == ["hold"]


def test_the_rate_of_a_ramp_follows_its_users() -> None:
    ramp, hold = load_scenario(LIGHT).stages()
    assert (ramp.rate_per_user, hold.rate_per_user) == (5.0, 5.0)
    assert planned_arrivals(ramp) == pytest.approx(125)


@pytest.mark.parametrize(
    ("body", "rate"),
    [(LIGHT, 50), (ENDURANCE, 50), (SPIKE, 200), (STRESS, 300), (ADHOC, None), (STAGED, 100)],
    ids=lambda value: value["shape"] if isinstance(value, dict) else str(value),
)
def test_the_rate_of_a_scenario_is_its_highest(body: dict[str, Any], rate: float | None) -> None:
    assert load_scenario(body).rate == rate


@pytest.mark.parametrize("body", ALL, ids=lambda body: str(body["shape"]))
def test_without_its_rate_a_scenario_is_a_closed_model_with_the_same_stages(
    body: dict[str, Any],
) -> None:
    scenario = load_scenario(body)
    closed = scenario.without_rate()
    assert closed.rate is None
    assert [stage.rate_per_user for stage in closed.stages()] == [None] * len(scenario.stages())
    assert [row[:4] for row in rows(closed)] == [row[:4] for row in rows(scenario)]
    assert load_scenario(closed.model_dump(mode="json")) == closed


@pytest.mark.parametrize("body", ALL, ids=lambda body: str(body["shape"]))
def test_a_scenario_survives_the_way_to_a_worker(body: dict[str, Any]) -> None:
    scenario = load_scenario(body)
    again = load_scenario(scenario.model_dump(mode="json"))
    assert again == scenario
    assert again.stages() == scenario.stages()


@given(
    users=st.integers(1, 100_000),
    ramp_ms=st.integers(0, 100_000),
    hold_ms=st.integers(1, 100_000),
    rate=st.none() | st.floats(0.001, 1_000_000),
    arrivals=st.sampled_from(["even", "poisson"]),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_ramp_survives_the_way_to_a_worker_and_keeps_its_figures(
    users: int, ramp_ms: int, hold_ms: int, rate: float | None, arrivals: str, seed: int
) -> None:
    scenario = load_scenario(
        {
            "name": "any",
            "shape": "ramp",
            "users": users,
            "ramp_up": f"{ramp_ms}ms",
            "duration": f"{ramp_ms + hold_ms}ms",
            "rate": rate,
            "arrivals": arrivals,
            "seed": seed,
        }
    )
    assert load_scenario(scenario.model_dump(mode="json")) == scenario
    assert scenario.total_s == pytest.approx((ramp_ms + hold_ms) / 1000)
    hold = scenario.stages()[-1]
    assert hold.rate == (None if rate is None else pytest.approx(rate))


@pytest.mark.parametrize("spike_s", [0.5, 1.0])
def test_a_spike_may_be_short(spike_s: float) -> None:
    scenario = load_scenario(SPIKE | {"duration": f"{15 + spike_s}s"})
    assert {s.name: s.duration_s for s in scenario.stages()}["spike"] == spike_s


@pytest.mark.parametrize(
    ("body", "change", "sentence"),
    [
        (LIGHT, {"ramp_up": "30s"}, "the ramp of 30s leaves nothing of the duration of 30s"),
        (SPIKE, {"duration": "15s"}, "15s leaves nothing for the spike: .* take 15s of it"),
        (SPIKE, {"users": 9}, "a spike of 9 users is lower than its baseline of 10"),
        (SPIKE, {"rate": None}, "the spike has no rate; give one to both"),
        (STRESS, {"ramp_up": "20s"}, "the ramp of 20s leaves nothing of the step of 20s"),
        (STRESS, {"users": [50, 50]}, "more users than the one before, but 50 is followed by 50"),
        (ADHOC, {"duration": "4s"}, "4s is too short: .* 20 users at 5 a second takes 4 s"),
        (STAGED, {"stages": [STAGED["stages"][0]]}, "no stage is judged"),
        (STAGED, {"stages": [STAGED["stages"][1]] * 2}, "two stages are called plateau"),
        (
            STAGED,
            {"stages": [{"name": "idle", "duration": "5s", "users": 0}]},
            "a stage needs users",
        ),
        (
            STAGED,
            {"stages": [*STAGED["stages"], {"name": "last", "duration": "5s", "users": 1}]},
            "stage last has no rate; give one to all stages or to none",
        ),
    ],
)
def test_impossible_stages_are_refused(
    body: dict[str, Any], change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        load_scenario({**body, **change})


def test_a_ramp_can_be_judged_when_its_plan_says_so() -> None:
    climb = {**STAGED["stages"][0], "judged": True}
    stages = load_scenario({**STAGED, "stages": [climb]}).stages()
    assert stages == (Stage("climb", 10.0, 0, 20, 5.0, judged=True),)


def test_a_scenario_does_not_change_once_it_is_made() -> None:
    scenario = load_scenario(LIGHT)
    with pytest.raises(ValidationError, match="frozen"):
        scenario.retries = 1
