"""What is told of the steps of a search for the capacity."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_run import Beat, MadeRun, light, planned

from jobload.judge.verdict import judge
from jobload.plan.shapes.capacity_search import Probe, Search
from jobload.report.result.model import CapacityStep
from jobload.report.result.result import build_result


def told(search: Search) -> CapacityStep:
    """Of a run whose hold fails in each fourth operation."""
    run = MadeRun()
    beats = {"ramp-up": planned(), "hold": lambda *_: Beat(ms=[20.0] * 30, failed=10)}
    run.play(light(ramp_up="5s", duration="15s"), beats).search = search
    figures = run.end()
    (scenario,) = build_result(figures, judge(figures, {}), environment={}).scenarios
    assert scenario.capacity is not None
    (step,) = scenario.capacity.steps
    return step


def test_each_step_has_the_figures_of_its_stage() -> None:
    search = Search.begin(50, 400, 0.1).after(False, "too slow")
    step = told(replace(search, tried=(replace(search.tried[0], stage="hold"),)))
    assert (step.stage, step.phase, step.rate) == ("hold", "double", 50)
    assert (step.passed, step.reason) == (False, "too slow")
    assert step.throughput_rps == pytest.approx(40)
    assert step.error_rate_percent == 25
    assert step.p99_ms == pytest.approx(20, rel=0.001)


def test_a_step_of_which_nothing_was_seen_has_no_figures() -> None:
    search = Search.begin(50, 400, 0.1).after(None, "the machine was busy")
    assert search.probe == Probe("double", 50, times=2)
    step = told(search)
    assert (step.passed, step.throughput_rps, step.p99_ms) == (None, None, None)
