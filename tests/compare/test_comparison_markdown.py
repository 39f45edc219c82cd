from __future__ import annotations

from made_past import past_run, past_scenario, past_stage, spread

from jobload.compare.comparison import compare
from jobload.compare.comparison_markdown import MOST_BARS, comparison_markdown
from jobload.compare.earlier_run import PastRun


def run_of_four(last_ms: float, seed: int) -> PastRun:
    """Sixteen figures, and four of all together."""
    took = {"a": 20.0, "b": 20.0, "c": 20.0, "d": last_ms}
    stages = {name: past_stage(spread(ms, seed=seed)) for name, ms in took.items()}
    return past_run(*(past_scenario(stage, name=name) for name, stage in stages.items()))


def test_the_chart_has_what_the_heading_names_however_many_figures_there_are() -> None:
    comparison = compare([run_of_four(20, 1)], [run_of_four(30, 2)])
    heading, *_, chart = comparison_markdown(comparison).partition("```mermaid")
    assert "regression (indicative): d p50, d p99" in heading
    names = next(line for line in chart.splitlines() if "x-axis" in line)
    assert 'x-axis ["d p50", "d p99", ' in names
    assert names.count('"') == 2 * MOST_BARS
