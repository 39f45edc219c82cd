"""Looks at the aborting checks of a scenario while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from jobload.judge.check import CheckOutcome
from jobload.judge.check_spec import CheckSpec
from jobload.judge.windowed import Decided, decide, judge_decided, planned_windows
from jobload.judge.windows import first_second, last_second, window
from jobload.measure.figures import StageFigures
from jobload.measure.snapshot import StageKey
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage


@dataclass(slots=True)
class _Seen:
    """Of one stage: the windows that say something, and how many were looked at."""

    decided: list[Decided] = field(default_factory=list)
    looked_at: int = 0


class AbortWatch:
    """One for each scenario that runs. A window is read once, as soon as it is complete, so that
    the hundredth minute costs no more than the first."""

    def __init__(self, scenario: Scenario, checks: Iterable[CheckSpec]) -> None:
        self._specs = [spec for spec in checks if spec.abort]
        self._planned = {
            spec.id: planned_windows(spec, _stages(spec, scenario)) for spec in self._specs
        }
        self._seen: dict[tuple[str, StageKey], _Seen] = {}

    @property
    def has_something_to_watch(self) -> bool:
        return bool(self._specs)

    def breach(self, stages: Sequence[StageFigures], until_s: float) -> CheckOutcome | None:
        """The first check that is proven breached by what is complete up to `until_s`.

        `stages` are those that have begun, `until_s` is in seconds of the run. What the stages to
        come could still mend is not proven.
        """
        outcomes = (self._look(spec, stages, until_s) for spec in self._specs)
        return next((o for o in outcomes if o is not None and o.status == "FAIL"), None)

    def _look(
        self, spec: CheckSpec, stages: Sequence[StageFigures], until_s: float
    ) -> CheckOutcome | None:
        decided = [
            self._read_new(spec, stage, until_s) for stage in stages if _is_about(spec, stage.stage)
        ]
        if not any(decided):
            return None
        found = judge_decided(spec, decided, self._planned[spec.id])
        return CheckOutcome(spec, found.status, found.actual, found.text, found.detail)

    def _read_new(self, spec: CheckSpec, stage: StageFigures, until_s: float) -> list[Decided]:
        seen = self._seen.setdefault((spec.id, stage.key), _Seen())
        first = first_second(stage, spec.grace_s) + seen.looked_at * spec.window_s
        while first + spec.window_s <= last_second(stage, until_s):
            seen.decided += decide(spec, [window(stage, first, spec.window_s)])
            seen.looked_at += 1
            first += spec.window_s
        return seen.decided


def _stages(spec: CheckSpec, scenario: Scenario) -> list[Stage]:
    return [stage for stage in scenario.stages() if _is_about(spec, stage)]


def _is_about(spec: CheckSpec, stage: Stage) -> bool:
    return stage.judged if spec.stage is None else stage.name == spec.stage
