"""What checks have read in windows so far: each is read once, as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from statistics import fmean

from jobload.judge.checks.observed_check import series_of
from jobload.judge.checks.undecided import holds_between
from jobload.judge.stretches.excused import excused, just_due
from jobload.judge.stretches.reading import read
from jobload.judge.stretches.stretch import Stretch, of_window
from jobload.judge.stretches.windows import Window, first_second, windows
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import RATES
from jobload.measure.figures import StageFigures
from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import StageRecord

Pick = Callable[[float, float], float]
"""The worse of two values."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A window that says something of a check; `holds` is None when what it says is open."""

    first_s: int
    end_s: int
    value: float | None
    """None: there is no figure at all, and nothing holds."""
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Breach:
    """Windows in a row that all breach a check."""

    first_s: int
    end_s: int
    windows: int
    worst: float

    def and_then(self, window: Decided, worst: Pick) -> Breach:
        value = self.worst if window.value is None else worst(self.worst, window.value)
        return Breach(self.first_s, window.end_s, self.windows + 1, value)


@dataclass(slots=True)
class Seen:
    """What the windows of a stage came to; in as little as that however many they were."""

    laid: int = 0
    """Those with too few samples, too."""
    decided: int = 0
    breached: int = 0
    undecided: int = 0
    worst: float | None = None
    longest: Breach | None = None
    longest_open: int = 0
    """In a row that breach it, or may do so."""
    next_s: int = 0
    """Where the first one begins that is still to be read."""
    _running: Breach | None = None
    _running_open: int = 0

    def add(self, window: Decided, worst: Pick) -> None:
        self.decided += 1
        self.breached += window.holds is False
        self.undecided += window.holds is None
        if window.value is not None:
            self.worst = window.value if self.worst is None else worst(self.worst, window.value)
        self._running_open = 0 if window.holds else self._running_open + 1
        self.longest_open = max(self.longest_open, self._running_open)
        if window.holds is not False:
            self._running = None
        elif self._running is None:
            self._running = Breach(window.first_s, window.end_s, 1, window.value or 0.0)
        else:
            self._running = self._running.and_then(window, worst)
        if self._running and self._running.windows > (self.longest.windows if self.longest else 0):
            self.longest = self._running


class WindowLog:
    """Belongs to one run. Each window is read once, so the hundredth hour costs no more than the
    first, and what was read stays when old seconds are taken together."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, StageKey], Seen] = {}

    def seen(self, spec: CheckSpec, stage: StageFigures, until_s: float | None) -> Seen:
        """Of the windows that are complete by then; of all when the stage is over."""
        worst, is_settled = worst_of(spec), True
        fresh = Seen(next_s=first_second(stage, spec.grace_s))
        seen = self._seen.setdefault((spec.id, stage.key), fresh)
        for window in windows(stage, spec.window_s, seen.next_s, until_s):
            if until_s is not None and _awaits_answers(spec, window):
                break
            if is_settled and (window.is_last or not _is_settled(spec, window)):
                is_settled, seen = False, replace(seen)
            seen.laid += 1
            if (found := _decide(spec, window)) is not None:
                seen.add(found, worst)
            seen.next_s = window.end_s
        return seen


def worst_of(spec: CheckSpec) -> Pick:
    return max if spec.is_upper_limit else min


def _is_settled(spec: CheckSpec, window: Window) -> bool:
    """Arrivals that were planned in it may still be missed as long as they wait."""
    if spec.kind.statistic != "missed":
        return not _awaits_answers(spec, window)
    return not any(window.first_s <= s < window.end_s for s in window.stage.record.unstarted)


def _awaits_answers(spec: CheckSpec, window: Window) -> bool:
    """Of a Prometheus, to what it was asked in the window."""
    series = None if spec.kind.observed is None else series_of(spec, [window.stage])
    return series is not None and series.settled_s < window.end_s


def _decide_observed(spec: CheckSpec, window: Window) -> Decided:
    """A window without enough samples may breach the check as well as meet it."""
    stage, series = window.stage, series_of(spec, [window.stage])
    if series is None:
        return Decided(window.first_s, window.end_s, None, None)
    first_s, end_s = max(window.first_s, stage.started_s), min(window.end_s, stage.ended_s)
    stretch = series.between(first_s, end_s)
    mean = fmean(stretch.values) if stretch.values else None
    holds = None if mean is None or stretch.has_hole else spec.holds(mean)
    return Decided(window.first_s, window.end_s, mean, holds)


def _decide(spec: CheckSpec, window: Window) -> Decided | None:
    if spec.kind.observed is not None:
        return _decide_observed(spec, window)
    reading = read(spec, stretch_of(spec, window))
    if reading.high is None or reading.low is None:
        return None
    holds = holds_between(reading, spec.holds)
    if reading.samples < spec.min_samples and (holds is not False or reading.samples):
        return None
    value = reading.value if reading.known_high is None else reading.known_high
    if spec.kind.statistic in RATES:
        value = reading.low
    return Decided(window.first_s, window.end_s, 0.0 if value is None else value, holds)


def stretch_of(spec: CheckSpec, window: Window) -> Stretch:
    if spec.kind.statistic == "missed":
        return _missed_in(window)
    return of_window(window, for_rates=spec.kind.statistic in RATES)


def _missed_in(window: Window) -> Stretch:
    """Arrivals are missed in the second that they were planned for."""
    stage = window.stage
    missed = sum(
        count
        for second, count in stage.record.unstarted.items()
        if window.first_s <= second and (window.is_last or second < window.end_s)
    )
    arrivals = StageRecord(offered=window.record.offered, missed=missed)
    if not missed:
        return Stretch(arrivals=arrivals)
    of_stage = excused(stage.record, stage.overall)
    share = missed / (stage.record.missed + stage.record.waiting)
    at_its_end = min(missed, just_due(stage)) if window.is_last else 0
    return Stretch(arrivals=arrivals, excused=ceil(of_stage * share), just_due=at_its_end)
