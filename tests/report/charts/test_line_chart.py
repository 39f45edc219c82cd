from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

import pytest

from jobload.report.charts.axis import (
    decades,
    duration_text,
    nice_step,
    number_text,
    ticks_from_zero,
    time_ticks,
)
from jobload.report.charts.line_chart import (
    WIDE,
    Axis,
    Band,
    Chart,
    Line,
    count_axis,
    draw,
    latency_axis,
)


@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (50, [0, 20, 40, 60]),
        (10, [0, 5, 10]),
        (7.3, [0, 2, 4, 6, 8]),
        (0.3, [0, 0.1, 0.2, 0.3]),
        (1234, [0, 500, 1000, 1500]),
    ],
)
def test_ticks_are_round_and_reach_the_top(top: float, ticks: list[float]) -> None:
    assert ticks_from_zero(top, 4) == pytest.approx(ticks)


@pytest.mark.parametrize("span", [1e-6, 0.07, 1, 3, 99, 12345, 9e8])
def test_a_step_is_one_two_or_five_times_a_power_of_ten(span: float) -> None:
    digits = f"{nice_step(span, 4):e}".split("e")[0].rstrip("0").rstrip(".")
    assert digits in ("1", "2", "5")
    assert span / nice_step(span, 4) <= 4.01


@pytest.mark.parametrize(
    ("last_s", "count", "labels"),
    [
        (30, 12, ["0s", "5s", "10s", "15s", "20s", "25s", "30s"]),
        (30, 5, ["0s", "10s", "20s", "30s"]),
        (240, 5, ["0s", "1m", "2m", "3m", "4m"]),
        (90, 4, ["0s", "30s", "1m", "1m30"]),
        (5400, 6, ["0s", "15m", "30m", "45m", "1h", "1h15", "1h30"]),
    ],
)
def test_times_are_labelled_as_people_count_them(
    last_s: float, count: int, labels: list[str]
) -> None:
    assert [label for _, label in time_ticks(last_s, count)] == labels


def test_a_logarithmic_axis_has_ones_twos_and_fives_or_powers_of_ten() -> None:
    assert decades(3, 80) == [2, 5, 10, 20, 50, 100]
    assert decades(0.4, 30_000) == pytest.approx([1, 10, 100, 1000, 10_000])
    assert len(decades(5, 5)) == 2


def test_units_change_with_the_size() -> None:
    assert [duration_text(ms) for ms in (0, 0.5, 20, 1500)] == ["0", "500 µs", "20 ms", "1.5 s"]
    assert [number_text(n) for n in (0, 2500, 25_000, 3e6)] == ["0", "2500", "25k", "3M"]


def test_latencies_far_apart_are_drawn_on_a_logarithmic_axis() -> None:
    near = latency_axis([Line("p50", "p50", [(0, 10.0), (1, 150.0)])])
    far = latency_axis([Line("p50", "p50", [(0, 10.0), (1, 15_000.0)])])
    assert (near.logarithmic, far.logarithmic) == (False, True)
    assert far.place(1000.0) == 3.0
    assert far.place(0.0) is None
    assert far.place(None) is None


def drawn(lines: Sequence[Line], bands: Sequence[Band] = ()) -> Xml.Element:
    chart = Chart(lines, Axis(0, 10, time_ticks(10, 5)), count_axis(lines), bands)
    return Xml.fromstring(draw(chart, WIDE).svg)


def of_class(root: Xml.Element, name: str) -> list[Xml.Element]:
    return [node for node in root.iter() if name in node.get("class", "").split()]


def places(stretch: Xml.Element) -> list[tuple[float, float]]:
    numbers = [float(n) for n in stretch.get("points", "").replace(",", " ").split()]
    return [*zip(numbers[::2], numbers[1::2], strict=True)]


def test_points_lie_where_their_figures_say() -> None:
    root = drawn([Line("started", "started", [(0, 0.0), (5, 50.0), (10, 100.0)])])
    (line,) = of_class(root, "line-started")
    first, middle, last = places(next(iter(line)))
    assert middle[0] == pytest.approx((first[0] + last[0]) / 2, abs=0.2)
    assert middle[1] == pytest.approx((first[1] + last[1]) / 2, abs=0.2)
    assert last[0] > first[0]
    assert last[1] < first[1]


def test_a_line_is_broken_where_there_is_no_figure() -> None:
    points = [(0, 1.0), (1, 2.0), (2, None), (3, 3.0), (4, 4.0)]
    (line,) = of_class(drawn([Line("p50", "p50", points)]), "line-p50")
    assert [len(places(stretch)) for stretch in line] == [2, 2]


def test_a_figure_by_itself_is_a_dot() -> None:
    (line,) = of_class(drawn([Line("p50", "p50", [(0, None), (5, 2.0), (10, None)])]), "line-p50")
    (dot,) = map(places, line)
    assert len(dot) == 2
    assert dot[0] == dot[1]


def test_a_band_covers_its_stage() -> None:
    lines = [Line("started", "started", [(0, 1.0), (10, 1.0)])]
    bands = [Band("ramp-up", 0, 2.5, False), Band("hold", 2.5, 10, True)]
    root = drawn(lines, bands)
    ramp, hold = of_class(root, "band")
    (line,) = of_class(root, "line-started")
    left, right = (x for x, _ in places(next(iter(line))))
    assert float(ramp.get("x", "")) == pytest.approx(left, abs=0.2)
    assert float(hold.get("x", "")) == pytest.approx(left + (right - left) / 4, abs=0.2)
    assert float(hold.get("width", "")) == pytest.approx((right - left) * 0.75, abs=0.3)
    assert "judged" in hold.get("class", "")
    assert "judged" not in ramp.get("class", "")
    assert [name.text for name in of_class(root, "band-name")] == ["ramp-up", "hold"]


def test_a_name_that_does_not_fit_is_turned_and_then_left_out() -> None:
    lines = [Line("started", "started", [(0, 1.0), (10, 1.0)])]
    bands = [Band("a", 0, 9.7, True), Band("recovery", 9.7, 9.95, True), Band("x", 9.95, 10, True)]
    names = of_class(drawn(lines, bands), "band-name")
    assert [name.text for name in names] == ["a", "recovery"]
    assert "rotate(-90" in names[1].get("transform", "")


def test_without_any_figure_there_is_still_a_chart() -> None:
    root = drawn([Line("p50", "p50", []), Line("p95", "p95", [(0, None)])])
    assert [len(line) for line in root.iter() if "line-" in line.get("class", "")] == [0, 0]


def test_equal_figures_make_equal_pictures() -> None:
    lines = [Line("p50", "p50", [(0, 1.0), (1, 2.0)])]
    chart = Chart(lines, Axis(0, 1, time_ticks(1, 5)), count_axis(lines))
    assert draw(chart, WIDE) == draw(chart, WIDE)
