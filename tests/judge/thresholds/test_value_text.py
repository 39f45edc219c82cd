from __future__ import annotations

import pytest
from made_run import light

from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import Unit
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.judge.thresholds.value_text import actual_text, value_text


def spec(metric: str, expect: str) -> CheckSpec:
    text = f'scenarios: {{light: [{{metric: {metric}, expect: "{expect}"}}]}}'
    return load_threshold_file("checks.yaml", {"light": light()}, text=text)["light"][0]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "s", "0 s"),
        (0.004, "s", "0.0040 s"),
        (0.00012, "%", "0.00012 %"),
        (-0.0047, "", "-0.0047"),
        (3e-9, "s", "0.000000 s"),
        (0.28, "ms", "0.28 ms"),
        (41.26, "ms", "41.3 ms"),
        (1994.4, "ms", "1,994 ms"),
        (999.96, "ms", "1,000 ms"),
        (9.998, "/s", "10.0/s"),
        (0.5 * 1024**2, "bytes", "512 KiB"),
    ],
)
def test_a_figure_has_two_digits_at_least_and_few_decimals(
    value: float, unit: Unit, text: str
) -> None:
    assert value_text(value, unit) == text


@pytest.mark.parametrize(
    ("metric", "expect", "value", "text"),
    [
        ("error_rate", "<= 0.05%", 0.0521, "0.052 %"),
        ("error_rate", "<= 0.05%", 0.0504, "0.0504 %"),
        ("p50", "<= 0.05ms", 0.0549, "0.055 ms"),
        ("p50", "<= 100ms", 100.04, "100.04 ms"),
        ("p50", "<= 1s", 1000.4, "1,000.4 ms"),
        ("throughput", ">= 40/s", 39.999, "39.999/s"),
        ("p50", "< 1s", 999.97, "999.97 ms"),
    ],
)
def test_a_breach_is_told_no_coarser_than_any_other_figure(
    metric: str, expect: str, value: float, text: str
) -> None:
    assert actual_text(spec(metric, expect), value) == text
