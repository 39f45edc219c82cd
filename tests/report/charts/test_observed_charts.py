from __future__ import annotations

from collections.abc import Sequence

import pytest

from jobload.plan.observe import ObservedUnit
from jobload.report.charts.drawn import Drawn, OverTime
from jobload.report.charts.line_chart import Line, unit_axis
from jobload.report.charts.observed_charts import observed_charts, observed_points
from jobload.report.result.model import Observed
from jobload.report.result.stage_model import ErrorKind

OVER = OverTime([], 30.0)


def observed(
    *values: float | None, name: str = "cpu", unit: ObservedUnit = "%", every_s: float = 2.0
) -> Observed:
    """The first of them 10 s into the run."""
    at_s = [10.1 + every_s * number for number in range(len(values))]
    missing = [ErrorKind(kind="no data", count=values.count(None), example="none now")]
    return Observed(
        name=name,
        query="up",
        unit=unit,
        every_s=every_s,
        at_s=at_s,
        value=[*values],
        missing=missing if None in values else [],
    )


def charts(*found: Observed, points: int = 240) -> list[Drawn]:
    return [*observed_charts(found, 10.0, OVER, points)]


def test_samples_stand_where_they_were_taken_in_the_scenario() -> None:
    assert observed_points(observed(1.0, 2.0, 3.0), 10.0, 30.0, 240) == [(0, 1), (2, 2), (4, 3)]


def test_those_of_another_scenario_are_left_out() -> None:
    assert observed_points(observed(1.0, 2.0, 3.0, 4.0), 11.0, 4.0, 240) == [(2, 2), (4, 3)]


def test_what_is_missing_breaks_the_line() -> None:
    points = observed_points(observed(1.0, None, 3.0), 10.0, 30.0, 240)
    assert points == [(0, 1.0), (2, None), (4, 3.0)]


def test_of_many_samples_the_highest_of_each_point_is_drawn() -> None:
    many = observed(*(float(n % 7) for n in range(15)))
    points = observed_points(many, 10.0, 30.0, 4)
    assert len(points) <= 5
    assert max(value for _, value in points if value is not None) == 6.0


def test_queries_of_one_unit_share_a_chart() -> None:
    found = charts(
        observed(1.0), observed(5.0, name="disk"), observed(2.0, name="ram", unit="bytes")
    )
    assert [chart.title for chart in found] == ["Observed: cpu, disk", "Observed: ram"]
    assert found[0].values.columns == ["cpu", "disk"]
    assert found[0].kinds == [("observed1", "cpu"), ("observed2", "disk")]


def test_more_lines_than_there_are_colours_are_several_charts() -> None:
    found = charts(*(observed(1.0, name=f"q{number}") for number in range(8)))
    assert [len(chart.kinds) for chart in found] == [6, 2]


def test_the_note_says_what_is_missing() -> None:
    (chart,) = charts(observed(1.0, None, 3.0))
    assert chart.note.endswith("1 of 3 samples of cpu missing (no data: none now)")


@pytest.mark.parametrize(
    ("values", "unit", "labels"),
    [
        ([60.0], "%", ["0 %", "20 %", "40 %", "60 %"]),
        ([300 * 2**20], "bytes", ["0", "100 MiB", "200 MiB", "300 MiB"]),
        ([0.25], "s", ["0 s", "0.10 s", "0.20 s", "0.30 s"]),
        ([-5.0, 10.0], "", ["-10", "-5", "0", "5", "10"]),
        ([], "", ["0", "0.50", "1"]),
    ],
)
def test_axes_are_labelled_in_the_unit(
    values: Sequence[float], unit: ObservedUnit, labels: list[str]
) -> None:
    axis = unit_axis([Line("observed1", "observed1", [(0.0, value) for value in values])], unit)
    assert [label for _, label in axis.ticks] == labels
