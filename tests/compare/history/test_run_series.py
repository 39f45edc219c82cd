"""Which runs are one series, and which of them count."""

from __future__ import annotations

from typing import Any

import pytest
from made_history import Line, line, lines_of_p99, noisy, run_id, step

from jobload.compare.history.run_series import MOST_RUNS, TRACKED, RunSeries, series_of
from jobload.report.files.history import HistoryEntry

P99 = TRACKED[3]


def series(*lines: Line) -> list[RunSeries]:
    return series_of([HistoryEntry.model_validate(each) for each in lines])


def test_runs_made_in_the_same_way_are_one_series_whatever_the_version() -> None:
    (one,) = series(line(0, target_version="1", revision="a"), line(1, target_version="2"))
    assert [run.run_id for run in one.runs] == [run_id(0), run_id(1)]


@pytest.mark.parametrize(
    "other",
    [
        line(1, target="https://api.example.org"),
        line(1, machine="Another CPU, 64 CPUs"),
        line(1, topology="distributed, 4 processes"),
        line(1, figures={"plan": "0123456789ab"}),
        line(1, figures={"scenario": "spike"}),
    ],
    ids=["target", "machine", "topology", "plan", "scenario"],
)
def test_what_was_made_otherwise_is_another_series_the_newest_first(other: Line) -> None:
    newest, oldest = series(line(0), other)
    assert [run.run_id for run in newest.runs] == [run_id(1)]
    assert [run.run_id for run in oldest.runs] == [run_id(0)]


def test_what_is_left_out_is_counted_and_has_no_figures() -> None:
    (one,) = series(line(0), line(1, figures={"left_out": "INVALID"}), line(2))
    assert [run.run_id for run in one.runs] == [run_id(0), run_id(2)]
    assert dict(one.left_out) == {"INVALID": 1}


def test_a_change_is_told_by_its_run_past_runs_without_the_figure() -> None:
    values: list[Any] = noisy(step(20, high=22.0))
    for gap in (3, 7, 8, 30):
        values[gap] = None
    (one,) = series(*lines_of_p99(values))
    (change,) = one.changes(P99)
    assert abs(change.point.index - 20) <= 1
    assert one.values(P99) == values
    assert change.is_worse
    assert change.percent == pytest.approx(10, abs=2)


@pytest.mark.parametrize(
    ("figure", "low", "high", "worse"),
    [
        ("throughput_rps", 50.0, 55.0, False),
        ("throughput_rps", 55.0, 50.0, True),
        ("p50_ms", 10.0, 12.0, True),
        ("error_rate_percent", 0.0, 2.0, True),
        ("error_rate_percent", 3.0, 0.0, False),
    ],
)
def test_more_is_better_or_worse_as_the_figure_has_it(
    figure: str, low: float, high: float, worse: bool
) -> None:
    values = noisy(step(10, runs=20, low=low, high=high), noise=0.01)
    (one,) = series(*(line(n, figures={figure: value}) for n, value in enumerate(values)))
    (change,) = one.all_changes
    assert change.is_worse == worse


@pytest.mark.parametrize(
    ("figure", "low", "high"),
    [("throughput_rps", 50.0, 50.3), ("p99_ms", 20.0, 20.1), ("error_rate_percent", 0.0, 0.05)],
)
def test_a_change_too_small_to_matter_is_not_told(figure: str, low: float, high: float) -> None:
    values = step(20, low=low, high=high)
    (one,) = series(*(line(n, figures={figure: value}) for n, value in enumerate(values)))
    assert one.all_changes == []


def test_lines_of_earlier_versions_are_of_no_series() -> None:
    old = line(0)
    for key in ("series", "target", "machine", "topology", "revision", "target_version"):
        del old[key]
    assert series(old) == []


def test_a_series_is_its_newest_runs() -> None:
    (one,) = series(*(line(n) for n in range(MOST_RUNS + 5)))
    assert len(one.runs) == len(one.figures) == MOST_RUNS
    assert one.runs[-1].run_id == run_id(MOST_RUNS + 4)
