"""One live line while a scenario runs."""

from __future__ import annotations

from jobload.measure.figures import StageFigures
from jobload.plan.counted import counted
from jobload.plan.scenario import Scenario
from jobload.plan.shapes.custom import Custom

WIDTH = 79
RECENT_S = 3


def progress_line(scenario: Scenario, stage: StageFigures, elapsed_s: float) -> str:
    """Rates and p99 of the last three whole seconds, counts of the stage.

    In words where they fit into a line of 80 columns.
    """
    # The reports of the second that has just passed may still be on their way.
    now_s = int(elapsed_s) - 1
    recent_s = max(1, min(RECENT_S, now_s - int(stage.started_s)))
    recent = stage.window(now_s - recent_s, recent_s)
    p99_us = recent.overall().response_time.percentile_us(99)
    place = f"{scenario.name} {stage.name}"
    users, failed = stage.series.users(now_s - 1), stage.overall.failed
    figures = {
        "place": place,
        "at": f"{max(0.0, elapsed_s - stage.started_s):.0f}{_of(scenario, stage)}",
        "users": counted(users, "user"),
        "u": users,
        "offered": f"{recent.offered / recent_s:.0f}",
        "started": f"{recent.started / recent_s:.0f}",
        "done": f"{(recent.ended_good + recent.ended_bad) / recent_s:.0f}",
        "missed": stage.record.missed,
        "errors": counted(failed, "error"),
        "err": failed,
        "p99": "–" if p99_us is None else f"{p99_us / 1e3:.0f}",
    }
    lines = [form.format(**figures) for form in FORMS]
    return next((line for line in lines if len(line) <= WIDTH), _shortened(lines[-1], place))


def _shortened(line: str, place: str) -> str:
    """The figures are what is looked for in it, not the rest of a long name."""
    kept = max(0, len(place) - (len(line) - WIDTH) - 1)
    return f"{place[:kept]}…{line.removeprefix(place)}"[:WIDTH]


def _of(scenario: Scenario, stage: StageFigures) -> str:
    """Nobody knows how long a shape of somebody's own will take."""
    return "" if isinstance(scenario, Custom) else f"/{stage.stage.duration_s:.0f}"


FORMS = (
    "{place} {at} s, {users}, offered {offered} started {started} done {done}/s,"
    " {missed} missed, {errors}, p99 {p99} ms",
    "{place} {at}s, {users}, off {offered} start {started} done {done}/s,"
    " miss {missed}, err {err}, p99 {p99}ms",
    "{place} {at}s {u}u off/start/done {offered}/{started}/{done} miss {missed}"
    " err {err} p99 {p99}",
)
