from typing import Any

import pytest

from bench.outside_table import ALONE, Lateness, differences, markdown, read_lateness
from bench.summary import Spread


def late(p99_ms: float, missed: int = 0) -> dict[int, Lateness]:
    return {rate: Lateness(0.1, p99_ms, 20.0, missed) for rate in (200, 2000)}


ROUNDS = [
    {ALONE: late(1.0), "scraped": late(1.5)},
    {ALONE: late(30.0), "scraped": late(30.25, missed=2)},
    {ALONE: late(2.0), "scraped": late(1.0)},
]


def test_a_difference_is_taken_within_a_round() -> None:
    """0.5, 0.25 and -1: their median is 0.25, while that of the figures would be -0.5."""
    assert differences(ROUNDS, "scraped", 200, "p99") == Spread(0.25, -1.0, 0.5)


def test_the_table_has_figures_and_differences_of_each_rate() -> None:
    facts = dict.fromkeys(("date", "processor", "cores", "python", "server"), "x")
    lines = markdown(ROUNDS, facts).splitlines()
    rows = [line for line in lines if line.startswith("| scraped")]
    cells = "| 0.10 [0.10–0.10] | 1.50 [1.00–30.25] | 2 | +0.00 [+0.00 to +0.00] | +0.25 [-1.00 to"
    assert len(rows) == 2
    assert all(row.startswith(f"| scraped {cells} +0.50] |") for row in rows)
    (head, *_) = [line for line in lines if line.startswith("| 2,000/s")]
    assert head.count("|") == rows[0].count("|")


def result(failed: int = 0) -> dict[str, Any]:
    own = {"lateness_p50_ms": 0.1, "lateness_p99_ms": 0.7, "cpu_percent": {"a": 10.0, "b": 5.0}}
    counts = {"succeeded": 100, "failed": failed, "missed": 3, "generator": own}
    stages = [{"name": "warm-up", "judged": False}, {"name": "200", "judged": True}]
    return {"scenarios": [{"stages": [stage | counts for stage in stages]}]}


def test_lateness_is_read_out_of_a_result() -> None:
    assert read_lateness(result()) == {200: Lateness(0.1, 0.7, 15.0, 3)}


def test_of_a_run_with_failures_nothing_is_read() -> None:
    with pytest.raises(ValueError, match="1 operations of warm-up failed"):
        read_lateness(result(failed=1))
