"""Each metric against a scenario small enough to compute by hand."""

from __future__ import annotations

import pytest
from made_check import judged
from made_run import Beat, MadeRun, light, spike, steady

from jobload.measure.figures import ScenarioFigures
from jobload.plan.stage import Stage

LATENCIES = [*[10.0] * 50, *[20.0] * 30, *[40.0] * 19, 900.0]
"""Of one second: 100 operations, mean 5 + 6 + 7.6 + 9 = 27.6 ms."""


@pytest.fixture(scope="module")
def played() -> ScenarioFigures:
    """25 s of hold with 100 good, 25 failed and 10 retried operations in each."""

    def beats(stage: Stage, second: int) -> Beat:
        if not stage.judged:
            return Beat(ms=[5000.0] * 100, failed=100)
        return Beat(ms=LATENCIES, failed=25, retries=10)

    return MadeRun().play(light(rate=125.0), beats)


@pytest.fixture(scope="module")
def missing() -> ScenarioFigures:
    """The same with 5 missed in each second."""
    return MadeRun().play(light(rate=130.0), lambda *_: Beat(ms=LATENCIES, failed=25, missed=5))


@pytest.mark.parametrize(
    ("metric", "limit", "value"),
    [
        ("throughput", ">= 1/s", 125.0),
        ("goodput", ">= 1/s", 100.0),
        ("error_rate", "<= 99%", 20.0),
        ("request_rate", ">= 1/s", 135.0),
        ("request_error_rate", "<= 99%", 100 * (250 + 625) / 3375),
        ("retries", "<= 9999", 250.0),
        ("retry_amplification", "<= 9", 135 / 125),
        ("missed", "<= 9999", 0.0),
        ("p50", "<= 9s", 10.0),
        ("p80", "<= 9s", 20.0),
        ("p95", "<= 9s", 40.0),
        ("p99", "<= 9s", 40.0),
        ("p99.5", "<= 9s", 900.0),
        ("min", "<= 9s", 10.0),
        ("mean", "<= 9s", 27.6),
        ("max", "<= 9s", 900.0),
        ("service_p50", "<= 9s", 5.0),
        ("service_p99.5", "<= 9s", 450.0),
        ("service_min", "<= 9s", 5.0),
        ("service_mean", "<= 9s", 13.8),
        ("service_max", "<= 9s", 450.0),
    ],
)
def test_a_metric_has_its_hand_computed_value(
    played: ScenarioFigures, metric: str, limit: str, value: float
) -> None:
    outcome = judged(played, f'metric: {metric}, expect: "{limit}"')
    assert outcome.actual == pytest.approx(value, rel=1 / 1024)
    assert outcome.status == "PASS"


@pytest.mark.parametrize(
    ("metric", "holds", "breached"),
    [
        ("throughput", ">= 125/s", ">= 125.1/s"),
        ("throughput", "<= 125/s", "< 125/s"),
        ("goodput", ">= 100/s", "> 100/s"),
        ("error_rate", "<= 20%", "< 20%"),
        ("retries", "<= 250", "<= 249"),
        ("retry_amplification", "<= 1.08", "<= 1.079"),
        ("p50", "<= 10.01ms", "<= 9.99ms"),
        ("p99.5", "<= 901ms", "<= 898ms"),
        ("min", ">= 10ms", "> 10ms"),
        ("max", "<= 900ms", "<= 899ms"),
        ("service_max", "<= 450ms", "<= 449ms"),
    ],
)
def test_a_limit_holds_up_to_its_edge(
    played: ScenarioFigures, metric: str, holds: str, breached: str
) -> None:
    assert judged(played, f'metric: {metric}, expect: "{holds}"').status == "PASS"
    assert judged(played, f'metric: {metric}, expect: "{breached}"').status == "FAIL"


@pytest.mark.parametrize(
    ("holds", "breached", "value"),
    [("<= 125", "<= 124", 125.0), ("<= 3.9%", "<= 3.8%", 100 * 5 / 130)],
)
def test_missed_arrivals_are_a_number_or_a_share(
    missing: ScenarioFigures, holds: str, breached: str, value: float
) -> None:
    outcome = judged(missing, f'metric: missed, expect: "{holds}"')
    assert outcome.status == "PASS"
    assert outcome.actual == pytest.approx(value)
    assert judged(missing, f'metric: missed, expect: "{breached}"').status == "FAIL"


@pytest.mark.parametrize(("finished", "status"), [(0, "FAIL"), (1, "PASS")])
def test_a_stage_in_which_the_target_answered_nothing_is_not_lost_among_the_others(
    finished: int, status: str
) -> None:
    """Of a closed model: its one user has missed one arrival, and elsewhere had 25,000."""

    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[1.0] * (finished if stage.name == "recovery" else 1000))

    scenario = MadeRun().play(spike().without_rate(), beats)
    last = scenario.judged_stages[-1].record
    last.offered, last.missed = last.offered + 1, 1
    last.user_us = last.other_use_us = 8_000_000
    assert judged(scenario, 'metric: missed, expect: "<= 1%"').status == status
    assert judged(scenario, 'metric: missed, expect: "<= 1"').status == "PASS"


def test_ramps_count_only_when_they_are_named(played: ScenarioFigures) -> None:
    assert judged(played, 'metric: max, expect: "<= 1s"').status == "PASS"
    named = judged(played, 'metric: max, expect: "<= 1s", stage: ramp-up')
    assert (named.status, named.actual) == ("FAIL", 5000.0)
    errors = judged(played, 'metric: error_rate, expect: "<= 1%", stage: ramp-up')
    assert errors.actual == 50.0


def test_judged_stages_are_merged_and_not_averaged() -> None:
    """Spike 15 s at 200/s and 100 ms, baseline and recovery 13 s at 40/s and 10 ms."""

    def beats(stage: Stage, second: int) -> Beat:
        if stage.name == "spike":
            return Beat(ms=[100.0] * 150, failed=50)
        return Beat(ms=[10.0] * (40 if stage.judged else 0))

    scenario = MadeRun().play(spike(), beats)
    throughput = judged(scenario, 'metric: throughput, expect: ">= 1/s"')
    assert throughput.actual == pytest.approx((15 * 200 + 13 * 40) / 28)
    errors = judged(scenario, 'metric: error_rate, expect: "<= 20%"')
    assert errors.actual == pytest.approx(100 * 750 / 3520)
    assert errors.status == "FAIL"
    # 520 of 2770 good ones took 10 ms: 18.8 %
    assert judged(scenario, 'metric: p18, expect: "<= 50ms"').status == "PASS"
    assert judged(scenario, 'metric: p19, expect: "<= 50ms"').status == "FAIL"
    only = judged(scenario, 'metric: p99, expect: "<= 50ms", stage: recovery')
    assert (only.status, only.actual) == ("PASS", 10.0)


def test_an_endpoint_is_judged_by_its_own_operations() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        if second % 2:
            return Beat(ms=[100.0] * 20, endpoint="GET /api/v1/jobs")
        return Beat(ms=[10.0] * 30, failed=10, retries=3)

    scenario = MadeRun().play(light(duration="25s"), beats)
    post = 'endpoint: "POST /api/v1/jobs"'
    assert judged(scenario, f'metric: p99, expect: "<= 20ms", {post}').status == "PASS"
    assert judged(scenario, 'metric: p99, expect: "<= 20ms"').status == "FAIL"
    assert judged(scenario, f'metric: error_rate, expect: "< 25%", {post}').actual == 25.0
    assert judged(scenario, f'metric: throughput, expect: ">= 1/s", {post}').actual == 20.0
    assert judged(scenario, f'metric: goodput, expect: ">= 1/s", {post}').actual == 15.0
    assert judged(scenario, f'metric: retries, expect: "<= 1", {post}').actual == 30
    unseen = judged(scenario, 'metric: p99, expect: "<= 20ms", endpoint: "PUT /x"')
    assert (unseen.status, unseen.actual_text) == ("INSUFFICIENT", "no data")
    missed = judged(scenario, f'metric: missed, expect: "<= 1", {post}')
    assert missed.status == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("metric", "limit"),
    [
        ("throughput", "<= 9/s"),
        ("goodput", "<= 9/s"),
        ("error_rate", "<= 1%"),
        ("retries", "<= 9"),
        ("retry_amplification", "<= 9"),
        ("missed", "<= 9"),
        ("missed", "<= 9%"),
        ("p50", "<= 9s"),
        ("min", "<= 9s"),
        ("mean", "<= 9s"),
        ("max", "<= 9s"),
        ("service_p99", "<= 9s"),
        ("service_max", "<= 9s"),
    ],
)
def test_no_data_is_never_a_pass(metric: str, limit: str) -> None:
    scenario = MadeRun().play(light(), lambda stage, second: Beat())
    line = f'metric: {metric}, expect: "{limit}"'
    assert judged(scenario, line).status == "INSUFFICIENT"
    assert judged(scenario, f"{line}, level: warn").status == "INSUFFICIENT"


def test_a_throughput_of_nothing_is_a_proven_breach() -> None:
    scenario = MadeRun().play(light(), lambda stage, second: Beat(missed=50))
    outcome = judged(scenario, 'metric: throughput, expect: ">= 40/s"')
    assert (outcome.status, outcome.actual) == ("FAIL", 0.0)


def test_a_stage_that_never_ran_decides_nothing() -> None:
    scenario = MadeRun().play(light(), steady(), only=["ramp-up"], ended_early="stopped")
    outcome = judged(scenario, 'metric: throughput, expect: ">= 40/s", stage: hold')
    assert outcome.status == "INSUFFICIENT"
    assert "hold of light never ran" in outcome.detail
    assert judged(scenario, 'metric: throughput, expect: ">= 40/s"').status == "INSUFFICIENT"


@pytest.mark.parametrize(
    ("metric", "samples", "status"),
    [
        ("p99", 299, "PASS"),
        ("p99", 298, "INSUFFICIENT"),
        ("p99", 200, "INSUFFICIENT"),
        ("p95", 59, "PASS"),
        ("p95", 58, "INSUFFICIENT"),
        ("p99.9", 2995, "PASS"),
        ("p99.9", 2994, "INSUFFICIENT"),
        ("service_p99", 298, "INSUFFICIENT"),
        ("max", 1, "PASS"),
    ],
)
def test_a_percentile_needs_enough_samples(metric: str, samples: int, status: str) -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[10.0] * samples if stage.judged and second == 0 else [])

    scenario = MadeRun().play(light(), beats)
    outcome = judged(scenario, f'metric: {metric}, expect: "<= 100ms"')
    assert outcome.status == status
    if status == "INSUFFICIENT":
        assert f"{samples:,} samples" in outcome.detail


def test_too_few_samples_prove_no_breach_either() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[500.0] * 200 if stage.judged and second == 0 else [])

    scenario = MadeRun().play(light(), beats)
    assert judged(scenario, 'metric: p99, expect: "<= 100ms"').status == "INSUFFICIENT"


def test_errors_do_not_improve_latency() -> None:
    scenario = MadeRun().play(light(), lambda stage, second: Beat(ms=[200.0] * 50, failed=950))
    outcome = judged(scenario, 'metric: p50, expect: "<= 100ms"')
    assert outcome.status == "FAIL"
    assert outcome.actual == pytest.approx(200, rel=1 / 1024)


def test_a_warning_does_not_fail() -> None:
    scenario = MadeRun().play(light(), steady(ms=50.0))
    assert judged(scenario, 'metric: p99, expect: "<= 10ms", level: warn').status == "WARN"
    assert judged(scenario, 'metric: p99, expect: "<= 60ms", level: warn').status == "PASS"


def test_the_text_of_a_breach_does_not_look_like_its_limit() -> None:
    def beats(stage: Stage, second: int) -> Beat:
        return Beat(ms=[100.03] * 50)

    scenario = MadeRun().play(light(), beats)
    outcome = judged(scenario, 'metric: max, expect: "<= 100ms"')
    assert (outcome.status, outcome.actual_text) == ("FAIL", "100.03 ms")
