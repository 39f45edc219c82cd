"""What happened in each second of a run that goes on, as its charts want it."""

from __future__ import annotations

from typing import Any

from jobload.live.live_run import LiveRun
from jobload.measure.stage_record import StageRecord
from jobload.web.live.live_charts import observed_key
from jobload.web.run_control import RunControl

SETTLED_AFTER_S = 2
"""By then every process has told what it did in a second."""
MOST_TOLD = 2000


class LiveSeconds:
    """Each second is put together once, when it has passed, so that no reader costs more."""

    def __init__(self, control: RunControl) -> None:
        self._control = control
        self._run_id = ""
        self._seconds: list[dict[str, Any]] = []

    def look(self) -> None:
        run = self._control.run
        if run is None or run.result is not None:
            return
        if run.id != self._run_id:
            self._run_id, self._seconds = run.id, []
        for second in range(len(self._seconds), int(run.elapsed_s) - SETTLED_AFTER_S + 1):
            self._seconds.append(_second(run, second))

    def after(self, run: LiveRun, known: int) -> list[dict[str, Any]]:
        """As many as one answer has: to write those of a day at once would hold up the load."""
        return self._seconds[known : known + MOST_TOLD] if run.id == self._run_id else []


def _second(run: LiveRun, second: int) -> dict[str, Any]:
    series = run.collector.series
    whole = StageRecord()
    for key in series.stages:
        whole.merge(series.window(key, second, 1))
    overall = whole.overall()
    p50, p95, p99 = overall.response_time.percentiles_us([50, 95, 99])
    return {
        "offered": whole.offered,
        "started": whole.started,
        "completed": whole.ended_good + whole.ended_bad,
        "failed": whole.ended_bad,
        "p50": _ms(p50),
        "p95": _ms(p95),
        "p99": _ms(p99),
        "users": series.users(second) or None,  # of a second of which nobody told
        **{observed_key(each): each.latest(second + 1) for each in run.observed.values()},
    }


def _ms(us: float | None) -> float | None:
    return None if us is None else round(us / 1e3, 2)
