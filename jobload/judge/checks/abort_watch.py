"""Looks at the checks over windows of a scenario while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.checks.window_log import WindowLog
from jobload.judge.checks.windowed import judge_seen, planned_windows
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.measure.figures import StageFigures
from jobload.plan.scenario import Scenario


class AbortWatch:
    """One for each scenario that runs."""

    def __init__(self, scenario: Scenario, checks: Iterable[CheckSpec], log: WindowLog) -> None:
        self._specs = [spec for spec in checks if spec.is_windowed]
        self._log = log
        stages = scenario.stages()
        self._planned = {
            spec.id: planned_windows(spec, filter(spec.is_about, stages)) for spec in self._specs
        }

    @property
    def has_something_to_watch(self) -> bool:
        return bool(self._specs)

    def breach(self, stages: Sequence[StageFigures], until_s: float) -> CheckOutcome | None:
        """The first check that is proven breached by what is complete up to `until_s`, and shall
        end something. The others are only read.

        `stages` are those that have begun, `until_s` is in seconds of the run. What the stages to
        come could still mend is not proven.
        """
        outcomes = [self._look(spec, stages, until_s) for spec in self._specs]
        return next(
            (o for o in outcomes if o is not None and o.spec.abort and o.status == "FAIL"), None
        )

    def _look(
        self, spec: CheckSpec, stages: Sequence[StageFigures], until_s: float
    ) -> CheckOutcome | None:
        about = [stage for stage in stages if spec.is_about(stage.stage)]
        seen = [self._log.seen(spec, stage, until_s) for stage in about]
        if not any(s.decided for s in seen):
            return None
        return judge_seen(spec, seen, self._planned[spec.id])
