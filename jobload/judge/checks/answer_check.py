"""Evaluates checks on what the shape of a scenario asks: recovery, drift, capacity."""

from __future__ import annotations

from dataclasses import replace

from jobload.judge.answers.answers import Answers
from jobload.judge.answers.capacity_found import CapacityFound
from jobload.judge.answers.drift import NO_DRIFT, Drift
from jobload.judge.answers.recovery import NO_RECOVERY, Recovery
from jobload.judge.checks.outcome import CheckOutcome, decided, insufficient
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.value_text import actual_text


def check_answer(spec: CheckSpec, answers: Answers) -> CheckOutcome:
    match spec.kind.statistic:
        case "recovery_time":
            return _recovery_time(spec, answers.recovery)
        case "drift":
            return _drift(spec, answers.drift)
        case _:
            return _capacity(spec, answers.capacity)


def _recovery_time(spec: CheckSpec, recovery: Recovery | None) -> CheckOutcome:
    if recovery is None:
        return insufficient(spec, "no data", NO_RECOVERY)
    found = _recovered_in_time(spec, recovery)
    if found.status == "PASS" or recovery.lower is None:
        return found
    return _or_open(found, _recovered_in_time(spec, recovery.lower))


def _recovered_in_time(spec: CheckSpec, recovery: Recovery) -> CheckOutcome:
    if recovery.seconds is not None:
        value_ms = recovery.seconds * 1e3
        text = f"{recovery.seconds:.1f} s"
        return decided(spec, spec.holds(value_ms), value_ms, text, recovery.text)
    text = f"over {recovery.stage_s:.1f} s"
    if spec.holds(recovery.stage_s * 1e3):
        detail = f"{recovery.text}; the stage is shorter than the limit"
        return insufficient(spec, text, detail)
    return decided(spec, False, None, text, recovery.text)


def _drift(spec: CheckSpec, drift: Drift | None) -> CheckOutcome:
    if drift is None:
        return insufficient(spec, "no data", NO_DRIFT)
    found = _drifted(spec, drift)
    return found if drift.lower is None else _or_open(found, _drifted(spec, drift.lower))


def _drifted(spec: CheckSpec, drift: Drift) -> CheckOutcome:
    holds = not drift.is_real or spec.holds(drift.growth_percent)
    return decided(spec, holds, drift.growth_percent, f"{drift.growth_percent:+.1f} %", drift.text)


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
    return decided(spec, spec.holds(value), value, actual_text(spec, value), capacity.text)
