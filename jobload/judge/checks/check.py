"""Evaluates one check against the figures of its scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from jobload.judge.answers.capacity_found import CapacityFound
from jobload.judge.answers.drift import Drift
from jobload.judge.answers.recovery import Recovery
from jobload.judge.checks.undecided import (
    UndecidedBy,
    also_unfinished,
    holds_between,
    reading_text,
    why_open,
)
from jobload.judge.checks.window_log import WindowLog
from jobload.judge.checks.windowed import judge_windows
from jobload.judge.status import CheckStatus
from jobload.judge.stretches.reading import Reading, read
from jobload.judge.stretches.stretch import Stretch, of_stages, of_window
from jobload.judge.stretches.windows import rest_of
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.value_text import actual_text, value_text
from jobload.measure.figures import ScenarioFigures, StageFigures

Baseline = Callable[[CheckSpec], float | None]
"""What a check would have read in the baseline; None when that has too few samples of it."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """`actual` in the unit of the check; None where there is no single figure. `undecided_by` says
    what leaves an INSUFFICIENT check open, where it is more than a lack of samples."""

    spec: CheckSpec
    status: CheckStatus
    actual: float | None
    actual_text: str
    detail: str = ""
    undecided_by: UndecidedBy | None = None


def evaluate(
    spec: CheckSpec,
    scenario: ScenarioFigures,
    *,
    recovery: Recovery | None = None,
    drift: Drift | None = None,
    capacity: CapacityFound | None = None,
    baseline: Baseline | None = None,
    log: WindowLog | None = None,
) -> CheckOutcome:
    match spec.kind.statistic:
        case "recovery_time":
            return _recovery_time(spec, recovery)
        case "drift":
            return _drift(spec, drift)
        case "capacity":
            return _capacity(spec, capacity)
    stages = scenario.judged_stages
    if spec.stage is not None:
        named = scenario.stage(spec.stage)
        stages = [] if named is None else [named]
    if not stages:
        where = spec.stage or "a judged stage"
        return insufficient(spec, "no data", f"{where} of {scenario.name} never ran")
    if spec.is_relative:
        return _relative(spec, of_stages(stages, spec.endpoint), baseline)
    return evaluate_stages(spec, stages, log=log)


def evaluate_stages(
    spec: CheckSpec,
    stages: Sequence[StageFigures],
    until_s: float | None = None,
    log: WindowLog | None = None,
) -> CheckOutcome:
    """An absolute check of some stages, or of what has passed of them."""
    if spec.is_windowed:
        found = judge_windows(spec, stages, until_s, log)
        return CheckOutcome(
            spec, _levelled(spec, found.status), found.actual, found.text, found.detail
        )
    return _absolute(spec, _stretch(spec, stages, until_s))


def evaluate_live(
    spec: CheckSpec, stage: StageFigures, now_s: float, log: WindowLog | None = None
) -> CheckOutcome:
    """How an absolute check of a stage that still runs stands; `now_s` in seconds of the run."""
    return evaluate_stages(spec, [stage], now_s, log)


def _stretch(spec: CheckSpec, stages: Sequence[StageFigures], until_s: float | None) -> Stretch:
    if not spec.grace_s:
        return of_stages(stages, spec.endpoint)
    whole = Stretch()
    for stage in stages:
        whole.merge(of_window(rest_of(stage, spec.grace_s, until_s)))
    return whole


def _absolute(spec: CheckSpec, stretch: Stretch) -> CheckOutcome:
    reading = read(spec, stretch)
    if reading.high is None:
        return insufficient(spec, "no data", "nothing was measured")
    return _decided(spec, reading, spec.holds)


def _decided(spec: CheckSpec, reading: Reading, holds: Callable[[float], bool]) -> CheckOutcome:
    """Proven when it holds, or does not, wherever between its bounds the figure lies."""
    found = holds_between(reading, holds)
    if reading.samples < spec.min_samples and (found is not False or reading.samples):
        return _too_few(spec, reading)
    text = reading_text(spec, reading)
    if found is None:
        by, detail = why_open(spec, reading, holds)
        return CheckOutcome(spec, "INSUFFICIENT", reading.value, text, detail, by)
    status: CheckStatus = "PASS" if found else _levelled(spec, "FAIL")
    return CheckOutcome(spec, status, reading.value, text, also_unfinished(spec, reading))


def _too_few(spec: CheckSpec, reading: Reading) -> CheckOutcome:
    detail = f"{reading.samples:,} samples, {spec.min_samples:,} needed for {spec.metric}"
    text = reading_text(spec, reading) if reading.samples else "no data"
    return insufficient(spec, text, detail)


def _relative(spec: CheckSpec, stretch: Stretch, baseline: Baseline | None) -> CheckOutcome:
    if baseline is None:
        return insufficient(spec, "no baseline", "give a comparable earlier run with --baseline")
    before = baseline(spec)
    if before is None:
        return insufficient(spec, "no baseline", "the baseline has too few samples of it")
    reading = read(spec, stretch)
    if reading.value is None:
        return insufficient(spec, "no data", "nothing was measured")
    found = _decided(spec, reading, partial(_is_within, spec, before))
    if found.status == "INSUFFICIENT" and found.undecided_by is None:
        return found
    text = f"{value_text(reading.value, spec.unit)}, was {value_text(before, spec.unit)}"
    return replace(found, actual_text=text)


def _is_within(spec: CheckSpec, before: float, now: float) -> bool:
    """Breached only by a change that is large in proportion and in itself."""
    change = now - before
    if spec.max_increase_percent is not None:
        large = change > before * spec.max_increase_percent / 100
    else:
        change = -change
        large = change > before * (spec.max_decrease_percent or 0.0) / 100
    return not (large and change > (spec.min_delta or 0.0))


def _recovery_time(spec: CheckSpec, recovery: Recovery | None) -> CheckOutcome:
    if recovery is None:
        return insufficient(spec, "no data", "too few samples in the baseline or recovery stage")
    found = _recovered_in_time(spec, recovery)
    if found.status == "PASS" or recovery.lower is None:
        return found
    return _or_open(found, _recovered_in_time(spec, recovery.lower))


def _recovered_in_time(spec: CheckSpec, recovery: Recovery) -> CheckOutcome:
    if recovery.seconds is not None:
        value_ms = recovery.seconds * 1e3
        status: CheckStatus = "PASS" if spec.holds(value_ms) else _levelled(spec, "FAIL")
        return CheckOutcome(spec, status, value_ms, f"{recovery.seconds:.1f} s", recovery.text)
    text = f"over {recovery.stage_s:.1f} s"
    if spec.holds(recovery.stage_s * 1e3):
        detail = f"{recovery.text}; the stage is shorter than the limit"
        return insufficient(spec, text, detail)
    return CheckOutcome(spec, _levelled(spec, "FAIL"), None, text, recovery.text)


def _drift(spec: CheckSpec, drift: Drift | None) -> CheckOutcome:
    if drift is None:
        return insufficient(spec, "no data", "too few blocks with enough samples to see a trend")
    found = _drifted(spec, drift)
    return found if drift.lower is None else _or_open(found, _drifted(spec, drift.lower))


def _drifted(spec: CheckSpec, drift: Drift) -> CheckOutcome:
    breached = drift.is_real and not spec.holds(drift.growth_percent)
    status: CheckStatus = _levelled(spec, "FAIL") if breached else "PASS"
    text = f"{drift.growth_percent:+.1f} %"
    return CheckOutcome(spec, status, drift.growth_percent, text, drift.text)


def _or_open(upper: CheckOutcome, lower: CheckOutcome) -> CheckOutcome:
    """What breaches only with the generator's own delay is not proven."""
    if upper.status == lower.status or upper.status == "PASS":
        return upper
    detail = f"the generator's own delay decides: without it {lower.detail}; with it {upper.detail}"
    return replace(upper, status="INSUFFICIENT", detail=detail, undecided_by="generator")


def _capacity(spec: CheckSpec, capacity: CapacityFound | None) -> CheckOutcome:
    """The highest rate that was seen to pass; what lies between it and the next is not known."""
    if capacity is None or not capacity.confirmed:
        return insufficient(spec, "no data", "no capacity found" if not capacity else capacity.text)
    value = capacity.last_passing or 0.0
    status: CheckStatus = "PASS" if spec.holds(value) else _levelled(spec, "FAIL")
    return CheckOutcome(spec, status, value, actual_text(spec, value), capacity.text)


def insufficient(spec: CheckSpec, text: str, detail: str) -> CheckOutcome:
    return CheckOutcome(spec, "INSUFFICIENT", None, text, detail)


def _levelled(spec: CheckSpec, status: CheckStatus) -> CheckStatus:
    return "WARN" if status == "FAIL" and spec.level == "warn" else status
