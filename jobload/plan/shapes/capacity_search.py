"""The search for the highest rate that a target can take: double, bisect, confirm, hold.

Knows neither clock nor target: told whether the last rate passed, it says which one comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

Phase = Literal["double", "bisect", "back", "confirm", "hold"]

MOST_SURPRISES = 4
"""So often a rate may pass that has failed before, or fail that has passed."""
LONGEST_TIMES = 4
"""An undecided step is tried again for twice as long, up to so many times its length."""
EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Probe:
    """A rate to try. `times` is how much longer than usual."""

    phase: Phase
    rate: float
    times: int = 1


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a probe. `passed` is None when it was not decided."""

    stage: str
    probe: Probe
    passed: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class Search:
    """`passing` and `failing` are the rates whose last word it was, both ascending and apart:
    the capacity lies between the last of the one and the first of the other."""

    start_rate: float
    max_rate: float
    precision: float
    probe: Probe | None
    """What comes next; None when the search is over."""
    passing: tuple[float, ...] = ()
    failing: tuple[float, ...] = ()
    failed_twice: bool = False
    """The first of `failing` failed again after a good step, or over the length of a hold."""
    surprises: int = 0
    gave_up: str = ""
    """Why the search ended without an answer, in a sentence."""
    tried: tuple[Tried, ...] = ()

    @classmethod
    def begin(cls, start_rate: float, max_rate: float, precision: float) -> Search:
        return cls(start_rate, max_rate, precision, Probe("double", start_rate))

    @property
    def is_answered(self) -> bool:
        return self.probe is None and not self.gave_up

    @property
    def last_passing(self) -> float | None:
        return self.passing[-1] if self.passing else None

    @property
    def first_failing(self) -> float | None:
        return self.failing[0] if self.failing else None

    @property
    def stage(self) -> str:
        """The name of the stage in which the next rate is tried."""
        probe = self._next
        return "hold" if probe.phase == "hold" else f"step-{self.label}"

    @property
    def label(self) -> str:
        """Tells the next probe from all before."""
        probe = self._next
        if probe.phase == "hold":
            text, before = "hold", [t for t in self.tried if t.probe.phase == "hold"]
        else:
            text = rate_text(probe.rate)
            others = [t for t in self.tried if t.probe.phase != "hold"]
            before = [t for t in others if rate_text(t.probe.rate) == text]
        return f"{text}-{len(before) + 1}" if before else text

    @property
    def _next(self) -> Probe:
        if self.probe is None:
            raise ValueError("the search is over")
        return self.probe

    def after(self, passed: bool | None, reason: str = "") -> Search:
        """The search once the probe has come to its end; `reason` says why it did not pass."""
        probe = self._next
        # Only the hold that passes is the one that checks of the stage `hold` are about.
        stage = self.stage if passed or probe.phase != "hold" else f"try-{self.label}"
        noted = replace(self, tried=(*self.tried, Tried(stage, probe, passed, reason)))
        if passed is None:
            return noted._undecided(probe, reason)
        return noted._passed(probe) if passed else noted._failed(probe)

    def _undecided(self, probe: Probe, reason: str) -> Search:
        times = 2 * probe.times
        if times > LONGEST_TIMES:
            return self._give_up(f"no answer at {rate_text(probe.rate)}/s: {reason}")
        return self._try(probe.phase, probe.rate, times)

    def _passed(self, probe: Probe) -> Search:
        match probe.phase:
            case "hold":
                return replace(self, probe=None)
            case "back":
                return self._try("confirm", self.failing[0])
            case "confirm":
                raised = replace(
                    self,
                    passing=(*self.passing, probe.rate),
                    failing=self.failing[1:],
                    failed_twice=False,
                )
                return raised._surprised(f"{rate_text(probe.rate)}/s failed, then passed")
        return replace(self, passing=(*self.passing, probe.rate))._narrow()

    def _failed(self, probe: Probe) -> Search:
        match probe.phase:
            case "confirm":
                return replace(self, failed_twice=True)._narrow()
            case "back" | "hold":
                lowered = replace(
                    self,
                    passing=self.passing[:-1],
                    failing=(probe.rate, *self.failing),
                    failed_twice=probe.phase == "hold",
                )
                return lowered._surprised(f"{rate_text(probe.rate)}/s passed, then failed")
        return replace(self, failing=(probe.rate, *self.failing), failed_twice=False)._narrow()

    def _surprised(self, what: str) -> Search:
        if self.surprises == MOST_SURPRISES:
            return self._give_up(
                f"the target is not the same from step to step: {what}, the"
                f" {self.surprises + 1}th time that a rate did so"
            )
        return replace(self, surprises=self.surprises + 1)._narrow()

    def _give_up(self, why: str) -> Search:
        return replace(self, probe=None, gave_up=why)

    def _narrow(self) -> Search:
        low, high = self.last_passing, self.first_failing
        if high is None:
            assert low is not None
            return self._climb(low)
        if low is None:
            return replace(self, probe=None) if self.failed_twice else self._try("confirm", high)
        if high - low > self.precision * low * (1 + EPSILON):
            return self._try("bisect", middle(low, high))
        if self.failed_twice:
            return self._try("hold", low)
        last = self.tried[-1]
        is_there = last.passed and last.probe.rate == low
        return self._try("confirm", high) if is_there else self._try("back", low)

    def _climb(self, rate: float) -> Search:
        if rate >= self.max_rate:
            return self._try("hold", rate)
        return self._try("double", min(2 * rate, self.max_rate))

    def _try(self, phase: Phase, rate: float, times: int = 1) -> Search:
        return replace(self, probe=Probe(phase, rate, times))


def if_all_passes(search: Search) -> Iterator[Search]:
    """Each state of a search in which no step fails."""
    while search.probe is not None:
        yield search
        search = search.after(True)


def middle(low: float, high: float) -> float:
    """A plain figure about halfway."""
    exact = (low + high) / 2
    for digits in (2, 3, 6):
        rounded = float(f"{exact:.{digits}g}")
        if abs(rounded - exact) <= (high - low) / 6:
            return rounded
    return exact


def rate_text(rate: float) -> str:
    return f"{Decimal(repr(rate)).normalize():f}"
