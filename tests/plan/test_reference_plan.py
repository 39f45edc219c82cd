"""scenarios.yaml and thresholds.yaml say what the reference design says."""

from pathlib import Path

import pytest

from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.profile import planned_arrivals

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plan() -> PlanFile:
    return load_plan_file(ROOT / "scenarios.yaml", known_users=["JobSubmitter"])


@pytest.mark.parametrize(
    ("name", "users", "total_s", "ramp_s", "rate", "payload_bytes"),
    [
        ("light", 10, 30, 5, 50, 1024),
        ("medium", 50, 60, 10, 200, 4096),
        ("heavy", 100, 120, 20, 500, 8192),
        ("spike", 50, 30, 2, 200, 2048),
        ("endurance", 25, 120, 15, 100, 2048),
        ("stress", 200, 80, 5, 600, 4096),
    ],
)
def test_each_scenario_has_the_figures_of_the_reference(
    plan: PlanFile,
    name: str,
    users: int,
    total_s: float,
    ramp_s: float,
    rate: float,
    payload_bytes: int,
) -> None:
    scenario = plan.scenarios[name]
    stages = scenario.stages()
    assert max(stage.users for stage in stages) == users
    assert scenario.total_s == total_s
    assert {stage.duration_s for stage in stages if not stage.judged} == {ramp_s}
    assert scenario.rate == rate
    assert scenario.payload_bytes == payload_bytes
    assert (scenario.method, scenario.endpoint) == ("POST", "/api/v1/jobs")
    assert (scenario.retries, scenario.timeout_s) == (3, 30)
    assert scenario.users_mix == {"JobSubmitter": 1}


def test_stress_steps_through_the_four_levels(plan: PlanFile) -> None:
    judged = [stage for stage in plan.scenarios["stress"].stages() if stage.judged]
    assert [(stage.name, stage.users, stage.rate) for stage in judged] == [
        ("step-50", 50, 150),
        ("step-100", 100, 300),
        ("step-150", 150, 450),
        ("step-200", 200, 600),
    ]


def test_the_holds_of_light_medium_and_heavy_carry_their_rates(plan: PlanFile) -> None:
    holds = [plan.scenarios[name].stages()[-1] for name in ("light", "medium", "heavy")]
    assert [planned_arrivals(hold) for hold in holds] == [50 * 25, 200 * 50, 500 * 100]


def test_the_suites_run_what_the_reference_runs_in_its_order(plan: PlanFile) -> None:
    assert plan.suites == {
        "small": ["light", "spike"],
        "medium": ["light", "medium", "spike"],
        "full": ["light", "medium", "heavy", "spike", "endurance", "stress"],
    }


def test_the_limits_are_those_of_the_reference(plan: PlanFile) -> None:
    checks = load_threshold_file(ROOT / "thresholds.yaml", plan.scenarios)
    written = {
        name: [
            f"{check.metric} {check.expect}" for check in checks[name] if check.metric != "missed"
        ]
        for name in checks
    }
    assert written == {
        "light": ["throughput >= 40/s", "error_rate <= 1%", "p99 <= 100ms"],
        "medium": ["throughput >= 180/s", "error_rate <= 2%", "p99 <= 200ms"],
        "heavy": ["throughput >= 450/s", "error_rate <= 5%", "p99 <= 500ms"],
        "spike": ["error_rate <= 20%"],
        "endurance": ["error_rate <= 5%"],
        "stress": [],
        "capacity": ["error_rate <= 1%", "p99 <= 200ms", "capacity >= 50/s"],
        "adhoc": ["error_rate <= 1%"],
    }
    implied = {
        check.id
        for of_scenario in checks.values()
        for check in of_scenario
        if check.implied and check.metric != "missed"
    }
    assert implied == {"adhoc/error_rate", "capacity/capacity"}
