"""How long after a spike the target is back to what it was before."""

from __future__ import annotations

from dataclasses import dataclass

from jobload.judge.samples import samples_needed
from jobload.judge.windows import Window, windows
from jobload.measure.figures import ScenarioFigures, StageFigures

PERCENT = 95.0
LATENCY_MARGIN = 1.1
LATENCY_MARGIN_US = 1000.0
ERROR_MARGIN_PERCENT = 1.0
LONGEST_WINDOW_S = 5


@dataclass(frozen=True, slots=True)
class Recovery:
    """`seconds` since the recovery stage began; None: not within its `stage_s`."""

    seconds: float | None
    stage_s: float
    text: str


@dataclass(frozen=True, slots=True)
class _Calm:
    """The most that counts as calm."""

    p95_us: float
    errors_percent: float

    def holds(self, window: Window) -> bool:
        p95_us, errors = _p95_us(window), _errors_percent(window)
        if p95_us is None or errors is None:
            return False
        return p95_us <= self.p95_us and errors <= self.errors_percent

    def __str__(self) -> str:
        return f"p95 ≤ {self.p95_us / 1e3:.1f} ms and errors ≤ {self.errors_percent:.1f} %"


def recovery(scenario: ScenarioFigures) -> Recovery | None:
    """None when there is no baseline and recovery stage, or too little in them to tell."""
    before, after = scenario.stage("baseline"), scenario.stage("recovery")
    if before is None or after is None:
        return None
    length_s = _window_s(before)
    calm = _calm(before, length_s)
    if calm is None:
        return None
    return _first_calm(windows(after, length_s, step_s=1), calm, after)


def _window_s(before: StageFigures) -> int:
    """The shortest window that holds enough samples of the baseline's rate for its p95."""
    needed = samples_needed(PERCENT)
    for length_s in range(1, LONGEST_WINDOW_S):
        seen = windows(before, length_s, step_s=1)
        if seen and all(w.figures.response_time.count >= needed for w in seen):
            return length_s
    return LONGEST_WINDOW_S


def _calm(before: StageFigures, length_s: int) -> _Calm | None:
    """The baseline's worst window and a margin: more can't be asked of the recovery."""
    seen = windows(before, length_s, step_s=1)
    latencies = [p95 for w in seen if (p95 := _p95_us(w)) is not None]
    errors = [percent for w in seen if (percent := _errors_percent(w)) is not None]
    if not latencies:
        return None
    return _Calm(
        max(latencies) * LATENCY_MARGIN + LATENCY_MARGIN_US, max(errors) + ERROR_MARGIN_PERCENT
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
            return Recovery(seconds, after.duration_s, text)
    text = f"not back within the baseline's figures ({calm}) in {after.duration_s:.0f} s"
    return Recovery(None, after.duration_s, text)


def _p95_us(window: Window) -> float | None:
    times = window.figures.response_time
    return times.percentile_us(PERCENT) if times.count >= samples_needed(PERCENT) else None


def _errors_percent(window: Window) -> float | None:
    finished = window.figures.succeeded + window.figures.failed
    return 100 * window.figures.failed / finished if finished else None
