"""What checks have read in windows so far: each is read once, as soon as it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from jobload.judge.check_spec import CheckSpec
from jobload.judge.excused import excused
from jobload.judge.reading import read
from jobload.judge.stretch import Stretch, of_window
from jobload.judge.undecided import holds_between
from jobload.judge.windows import Window
from jobload.measure.stage_record import StageRecord


@dataclass(frozen=True, slots=True)
class Decided:
    """A window that says something of a check; `holds` is None when what it says is open."""

    first_s: int
    end_s: int
    value: float
    holds: bool | None


class WindowLog:
    """Belongs to one run. So the hundredth hour costs no more than the first, and what was read
    stays when old seconds are taken together."""

    def __init__(self) -> None:
        self._read: dict[tuple[object, ...], Decided | None] = {}

    def decide(self, spec: CheckSpec, window: Window) -> Decided | None:
        """None: the window says nothing, and counts neither way."""
        if window.is_last or not _is_settled(spec, window):
            return _decide(spec, window)
        key = (spec.id, window.stage.key, window.first_s, window.length_s)
        if key not in self._read:
            self._read[key] = _decide(spec, window)
        return self._read[key]


def _is_settled(spec: CheckSpec, window: Window) -> bool:
    """Arrivals that were planned in it may still be missed as long as they wait."""
    if spec.kind.statistic != "missed":
        return True
    return not any(window.first_s <= s < window.end_s for s in window.stage.record.unstarted)


def _decide(spec: CheckSpec, window: Window) -> Decided | None:
    stretch = _missed_in(window) if spec.kind.statistic == "missed" else of_window(window)
    reading = read(spec, stretch)
    if reading.high is None or reading.low is None:
        return None
    holds = holds_between(reading, spec.holds)
    if reading.samples < spec.min_samples and (holds is not False or reading.samples):
        return None
    value = reading.value if reading.known_high is None else reading.known_high
    if spec.kind.statistic in ("throughput", "goodput"):
        value = reading.value
    return Decided(window.first_s, window.end_s, 0.0 if value is None else value, holds)


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
    return Stretch(arrivals=arrivals, excused=ceil(of_stage * share))
