from __future__ import annotations

import pytest
from made_check import check
from made_past import past_run, past_scenario, past_stage
from made_run import MadeRun, light, steady

from jobload.compare.earlier_run import baseline_of
from jobload.compare.result_file import PastRunError, read_past_run
from jobload.judge.checks.check import evaluate

SLOW_RAMP = past_stage([900.0] * 300, name="ramp-up", judged=False)
HOLD = past_stage([10.0] * 300 + [30.0] * 50, failed=50)
RUN = past_run(past_scenario(SLOW_RAMP, HOLD))


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("metric: p50, max_increase: 10%, min_delta: 1ms", 10.0),
        ("metric: p95, max_increase: 10%, min_delta: 1ms", 30.0),
        ("metric: service_max, max_increase: 10%, min_delta: 1ms", 30.0),
        ("metric: max, stage: ramp-up, max_increase: 10%, min_delta: 1ms", 900.0),
        ("metric: error_rate, max_increase: 10%, min_delta: 1%", 12.5),
        ('metric: throughput, max_decrease: 10%, min_delta: "1/s"', 400 / 7),
        ('metric: goodput, max_decrease: 10%, min_delta: "1/s"', 50.0),
        (
            'metric: p50, endpoint: "POST /api/v1/jobs", max_increase: 10%, min_delta: 1ms',
            10.0,
        ),
        ("metric: p50, endpoint: /api/v1/jobs, max_increase: 10%, min_delta: 1ms", 10.0),
    ],
)
def test_a_baseline_has_the_value_a_check_would_have_read(line: str, value: float) -> None:
    assert baseline_of(RUN)(check(light(), line)) == pytest.approx(value, rel=1 / 1024)


@pytest.mark.parametrize(
    "line",
    [
        "metric: p99.9, max_increase: 10%, min_delta: 1ms",
        'metric: p50, endpoint: "GET /", max_increase: 10%, min_delta: 1ms',
    ],
)
def test_too_few_samples_are_no_baseline(line: str) -> None:
    assert baseline_of(RUN)(check(light(), line)) is None


def test_a_check_says_that_the_baseline_has_too_few_samples() -> None:
    played = MadeRun().play(light(), steady(rps=200))
    spec = check(light(), "metric: p99.9, max_increase: 10%, min_delta: 1ms")
    outcome = evaluate(spec, played, baseline=baseline_of(RUN))
    assert (outcome.status, outcome.detail) == (
        "INSUFFICIENT",
        "the baseline has too few samples of it",
    )


def test_repetitions_of_the_baseline_are_taken_together() -> None:
    quick, slow = past_stage([10.0] * 200), past_stage([40.0] * 100)
    run = past_run(past_scenario(quick), past_scenario(slow))
    spec = check(light(), "metric: p99, max_increase: 10%, min_delta: 1ms")
    assert baseline_of(run)(spec) == pytest.approx(40.0, rel=1 / 1024)


def test_a_file_without_an_end_is_no_result() -> None:
    with pytest.raises(PastRunError, match="larger than any result"):
        read_past_run("/dev/zero")
