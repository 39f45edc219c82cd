"""Charts of a run that goes on show figures of all sizes, also what a Prometheus says of them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest
from web_process import browse, needs_browser

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def drawn() -> Any:
    return browse("live_charts.py", str(files("jobload.web").joinpath("static", "live.js")))


@needs_browser
def test_the_labels_of_large_figures_are_whole(drawn: Any) -> None:
    assert drawn["memory"]["ticks"] == ["0", "5G", "10G"]
    assert drawn["memory"]["cut"] is False


@needs_browser
def test_figures_below_zero_are_on_the_chart(drawn: Any) -> None:
    assert drawn["balance"]["ticks"] == ["-5", "0", "5"]
    assert drawn["balance"]["lowest"] < 0.9


@needs_browser
def test_small_figures_are_not_flat_at_zero(drawn: Any) -> None:
    assert drawn["latency"]["ticks"] == ["0", "0.0025", "0.005"]
    assert drawn["latency"]["highest"] < 0.5


@needs_browser
def test_nothing_but_zero_has_an_axis(drawn: Any) -> None:
    assert drawn["idle"]["ticks"] == ["0", "0.5", "1"]
    assert drawn["console"] == []


@needs_browser
def test_a_figure_without_neighbours_is_a_dot(drawn: Any) -> None:
    """A line of one point is not painted."""
    assert drawn["rare"]["points"] == [2, 2]


@needs_browser
def test_a_run_of_more_than_a_day_is_drawn_for_who_opens_its_page_then(drawn: Any) -> None:
    """Its seconds come in many answers."""
    assert drawn["long"]["place"] == "here"
    assert drawn["long"]["memory"]["seconds"] == 130_000
    assert drawn["long"]["memory"]["ticks"] == ["0", "5G", "10G"]
