"""How long after a spike the target is back to what it was before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from jobload.judge.stretches.stretch import of_window
from jobload.judge.stretches.windows import Window, sliding_windows
from jobload.judge.thresholds.sample_size import samples_needed
from jobload.measure.figures import ScenarioFigures, StageFigures

PERCENT = 95.0
LATENCY_MARGIN = 1.1
LATENCY_MARGIN_US = 1000.0
ERROR_MARGIN_PERCENT = 1.0
LONGEST_WINDOW_S = 5
NEEDED = samples_needed(PERCENT)
FEWEST_OF_CALM = NEEDED // 2
"""Windows are so long that each of the baseline has what is needed. Arrivals at random bring fewer
into some of the recovery, and a target that they found calm is no other for that."""
NO_RECOVERY = (
    "too few samples in the baseline or recovery stage: give both more time or a higher rate"
)


@dataclass(frozen=True, slots=True)
class Recovery:
    """`seconds` since the recovery stage began; None: not within its `stage_s`."""

    seconds: float | None
    stage_s: float
    text: str
    lower: Recovery | None = None
    """That of the lower figures, without the generator's own delay."""


@dataclass(frozen=True, slots=True)
class _Calm:
    """The most that counts as calm."""

    p95_us: float
    errors_percent: float
    lower: bool

    def holds(self, window: Window) -> bool | None:
        """None: there is too little in it to tell."""
        p95_us, errors = _p95_us(window, self.lower, FEWEST_OF_CALM), _errors_percent(window)
        if window.overall.failed >= FEWEST_OF_CALM and (errors or 0.0) > self.errors_percent:
            return False  # of those that fail there is no p95
        if p95_us is None:
            return None
        return p95_us <= self.p95_us and errors is not None and errors <= self.errors_percent

    def __str__(self) -> str:
        return f"p95 ≤ {self.p95_us / 1e3:.1f} ms and errors ≤ {self.errors_percent:.1f} %"


def recovery(scenario: ScenarioFigures) -> Recovery | None:
    """None when there is no baseline and recovery stage, or too little in them to tell."""
    before, after = scenario.stage("baseline"), scenario.stage("recovery")
    if before is None or after is None:
        return None
    length_s = _window_s(before)
    found = _recovery(before, after, length_s, lower=False)
    return found and replace(found, lower=_recovery(before, after, length_s, lower=True))


def _recovery(
    before: StageFigures, after: StageFigures, length_s: int, *, lower: bool
) -> Recovery | None:
    calm = _calm(before, length_s, lower)
    return None if calm is None else _first_calm(sliding_windows(after, length_s), calm, after)


def _window_s(before: StageFigures) -> int:
    """The shortest window that holds enough samples of the baseline's rate for its p95."""
    for length_s in range(1, LONGEST_WINDOW_S):
        seen = sliding_windows(before, length_s)
        if seen and all(w.overall.response_time.count >= NEEDED for w in seen):
            return length_s
    return LONGEST_WINDOW_S


def _calm(before: StageFigures, length_s: int, lower: bool) -> _Calm | None:
    """The baseline's worst window and a margin: more can't be asked of the recovery."""
    seen = sliding_windows(before, length_s)
    latencies = [p95 for w in seen if (p95 := _p95_us(w, lower, NEEDED)) is not None]
    errors = [percent for w in seen if (percent := _errors_percent(w)) is not None]
    if not latencies or not errors:
        return None
    return _Calm(
        max(latencies) * LATENCY_MARGIN + LATENCY_MARGIN_US,
        max(errors) + ERROR_MARGIN_PERCENT,
        lower,
    )


def _first_calm(seen: list[Window], calm: _Calm, after: StageFigures) -> Recovery | None:
    """The first window within the baseline's figures that the next one confirms."""
    if not seen:
        return None
    within = [calm.holds(window) for window in seen]
    for index, window in enumerate(seen):
        if all(within[index : index + 2]):
            seconds = max(0.0, window.first_s - after.started_s)
            text = f"back within the baseline's figures ({calm}) after {seconds:.0f} s"
            if (again := _relapse(seen[index:], calm)) is not None:
                text += f", and no longer from {again.first_s - after.started_s:.0f} s on"
            return Recovery(seconds, after.duration_s, text)
    text = f"not back within the baseline's figures ({calm}) in {after.duration_s:.0f} s"
    return Recovery(None, after.duration_s, text)


def _relapse(later: list[Window], calm: _Calm) -> Window | None:
    """A window outside the baseline's figures, and so is the one that begins at its end."""
    outside = {window.first_s: window for window in later if calm.holds(window) is False}
    return next((w for w in outside.values() if w.end_s in outside), None)


def _p95_us(window: Window, lower: bool, fewest: int) -> float | None:
    """What had not ended counts by how long it had taken by then: a frozen target is not calm."""
    seen = of_window(window, for_rates=False)
    of_lower, of_upper = seen.operations.response_time_lower, seen.operations.response_time
    times = (of_lower if lower else of_upper).copy()
    times.merge(seen.unfinished_lower if lower else seen.unfinished)
    return times.percentile_us(PERCENT) if times.count >= fewest else None


def _errors_percent(window: Window) -> float | None:
    overall = window.overall
    return 100 * overall.failed / overall.finished if overall.finished else None
