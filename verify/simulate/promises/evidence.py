"""What both sides know of a run: the outcome, and what the promises ask of it."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from jobload.measure.figures import RunFigures, StageFigures
from verify.simulate.case import Event
from verify.simulate.hosts import MASTER
from verify.simulate.one_run import Outcome
from verify.simulate.target import Attempt
from verify.simulate.transport import Trouble

HARMLESS = ("step", "ghost")
TOLD_TO_END = ("sigterm", "sigint")
SILENT_S = 3.0
"""After so long without a word of the master a worker starts nothing new."""
AS_SOON_S = 0.05


class Evidence:
    """An outcome, and what both sides have counted of it."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.case = outcome.case

    @property
    def status(self) -> str | None:
        return self.outcome.result.status if self.outcome.result else None

    @property
    def figures(self) -> RunFigures:
        assert self.outcome.figures is not None
        return self.outcome.figures

    @cached_property
    def attempts(self) -> list[Attempt]:
        """Of this run, as the target counted them."""
        return [a for a in self.outcome.target.attempts if a.run == self.outcome.run_id]

    @cached_property
    def firsts(self) -> list[Attempt]:
        """Of each operation."""
        return list({(a.process, a.key): a for a in reversed(self.attempts)}.values())[::-1]

    @cached_property
    def first_times(self) -> list[float]:
        return sorted(a.at_s for a in self.firsts)

    def begun_between(self, from_s: float, until_s: float) -> int:
        return bisect_left(self.first_times, until_s) - bisect_left(self.first_times, from_s)

    @property
    def trusts_all(self) -> bool:
        return all(worker.final for worker in self.figures.workers)

    @cached_property
    def generator_is_sound(self) -> bool:
        """Nothing befell it that it can't stand: a PASS is due."""
        return (
            all(_is_harmless(trouble) for trouble in self.case.troubles)
            and all(self._can_stand(event) for event in self.case.events)
            and sum(event.kind in TOLD_TO_END for event in self.case.events) <= 1
        )

    def _can_stand(self, event: Event) -> bool:
        if event.kind in TOLD_TO_END:
            """Others take its load over."""
            had_begun = self.outcome.zero_s + 0.5 < event.at_s
            is_one_of_many = event.host != MASTER and self.case.workers - self.case.late >= 2
            return had_begun and is_one_of_many
        return event.kind in HARMLESS

    @property
    def master_was_killed(self) -> bool:
        return any(name == MASTER and code is None for name, _, code in self.outcome.exits)

    @cached_property
    def target_is_sound(self) -> bool:
        judged_s = self.outcome.judged_s
        return not any(b.from_s <= judged_s for b in self.case.behaviours)

    def named(self) -> str:
        assert self.outcome.result is not None
        return " ".join(v.actual for v in self.outcome.result.validity if v.status == "FAIL")

    def stage_at(self, stage: StageFigures) -> tuple[float, float]:
        zero_s = self.outcome.zero_s
        return zero_s + stage.started_s, zero_s + stage.ended_s


def _is_harmless(trouble: Trouble) -> bool:
    if trouble.kind in ("slow", "reorder"):
        return trouble.extra_s <= 0.02
    return trouble.kind == "repeat"
