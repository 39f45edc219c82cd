"""Endurance: 15 s of ramp, then a hold of which each second's latency is stated."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from made_check import check
from made_run import Beat, MadeRun, endurance, light, planned, spike, stress

from jobload.judge.answers.answers import Answers
from jobload.judge.answers.drift import Drift, drift
from jobload.judge.checks.check import evaluate
from jobload.judge.thresholds.sample_size import samples_needed
from jobload.plan.stage import Stage


def drifting(ms_at: Callable[[int], float], *, rps: int = 40, duration: str = "120s") -> Drift:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[ms_at(second) if stage.judged else 10.0] * rps)

    found = drift(MadeRun().play(endurance(duration), beats))
    assert found is not None
    return found


def test_a_steady_target_does_not_drift() -> None:
    found = drifting(lambda second: 50.0)
    assert (found.growth_percent, found.is_real) == (0.0, False)


def test_a_rise_is_found_with_its_size() -> None:
    """From 50 to 102 ms over 105 s; the first third's median is 58 ms: 90 %."""
    found = drifting(lambda second: 50 + second / 2)
    assert found.is_real
    assert found.growth_percent == pytest.approx(100 * 52.5 / 58, rel=0.05)
    assert found.low_percent <= found.growth_percent <= found.high_percent
    assert found.exceeds(80)
    assert not found.exceeds(95)


def test_a_fall_is_no_drift() -> None:
    found = drifting(lambda second: 100 - second / 2)
    assert found.growth_percent < 0
    assert not found.is_real


def test_noise_around_a_level_is_no_drift() -> None:
    noise = random.Random(7)
    assert not drifting(lambda second: noise.uniform(40, 60)).is_real


def test_a_slow_stretch_in_the_middle_is_no_drift() -> None:
    assert not drifting(lambda second: 90.0 if 40 <= second < 65 else 50.0).is_real
    longer = drifting(lambda second: 90.0 if 36 <= second < 80 else 50.0 - second / 60)
    assert not longer.last_third_is_worse


def test_blocks_are_a_thirtieth_of_the_stage_and_at_least_two_seconds() -> None:
    found = drifting(lambda second: 50.0)
    assert found.block_s == pytest.approx(3.5)
    assert found.blocks == 30
    short = drifting(lambda second: 50.0, duration="45s")
    assert (short.block_s, short.blocks) == (2.0, 15)


def test_the_median_stands_in_where_blocks_have_too_few_samples_for_p95() -> None:
    assert drifting(lambda second: 50.0, rps=40).percentile == 95.0
    assert drifting(lambda second: 50.0, rps=4).percentile == 50.0


def test_under_ten_minutes_it_is_indicative() -> None:
    assert drifting(lambda second: 50.0).indicative
    assert not drifting(lambda second: 50.0, rps=20, duration="615s").indicative
    assert "indicative" in drifting(lambda second: 50.0).text


def test_a_stage_of_too_few_blocks_tells_nothing() -> None:
    scenario = MadeRun().play(endurance("23s"), lambda stage, second: Beat(ms=[10.0] * 90))
    assert drift(scenario) is None


def test_other_scenarios_have_no_drift() -> None:
    for scenario in (light(), spike(), stress()):
        assert drift(MadeRun().play(scenario, planned())) is None


@pytest.mark.parametrize(
    ("ms_at", "limit", "status"),
    [
        (lambda second: 50 + second / 2, "<= 50%", "FAIL"),
        (lambda second: 50 + second / 2, "<= 150%", "PASS"),
        (lambda second: 100 - second / 2, "<= 1%", "PASS"),
        (lambda second: 50.0, "<= 0%", "PASS"),
    ],
)
def test_a_check_of_the_drift(ms_at: Callable[[int], float], limit: str, status: str) -> None:
    scenario = MadeRun().play(endurance(), planned())
    spec = check(scenario.scenario, f'metric: drift, expect: "{limit}"')
    assert evaluate(spec, scenario, answers=Answers(drift=drifting(ms_at))).status == status


def test_a_check_of_an_unknown_drift_is_undecided() -> None:
    scenario = MadeRun().play(endurance(), planned())
    spec = check(scenario.scenario, 'metric: drift, expect: "<= 10%"')
    assert evaluate(spec, scenario).status == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("percent", "needed"), [(99, 299), (95, 59), (99.9, 2995), (50, 5), (90, 29)]
)
def test_samples_that_a_percentile_needs(percent: float, needed: int) -> None:
    assert samples_needed(percent) == needed


@pytest.mark.parametrize("percent", [0, 100, -1, 101])
def test_no_number_of_samples_gives_a_percentile_that_is_none(percent: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        samples_needed(percent)
