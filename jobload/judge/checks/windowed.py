"""Checks over windows: every one in a row (`for`), a share of them (`within`), any (`abort`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from math import ceil

from jobload.judge.checks.observed_check import why_missing
from jobload.judge.checks.outcome import CheckOutcome, decided, insufficient
from jobload.judge.checks.window_log import Seen, WindowLog, worst_of
from jobload.judge.stretches.windows import first_second, windows
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.value_text import actual_text
from jobload.measure.figures import StageFigures
from jobload.plan.counted import counted
from jobload.plan.stage import Stage

EPSILON = 1e-9
OPEN = "in some windows the generator's own delay, or what had not ended, decides"
OPEN_OBSERVED = "in some windows there were no samples of it, or too few"


def judge_windows(
    spec: CheckSpec,
    stages: Sequence[StageFigures],
    until_s: float | None = None,
    log: WindowLog | None = None,
    plan: Iterable[Stage] = (),
) -> CheckOutcome:
    """While a stage runs, the windows still to come of the `plan`, or of these, may all hold."""
    log = log or WindowLog()
    seen = [log.seen(spec, stage, until_s) for stage in stages]
    if not any(s.decided for s in seen):
        if spec.kind.observed is not None:
            return insufficient(spec, "no data", why_missing(spec, stages))
        laid = [windows(s, spec.window_s, first_second(s, spec.grace_s), until_s) for s in stages]
        laid_out = f"{counted(sum(map(len, laid)), 'window')} of {spec.window_s} s"
        detail = f"none of {laid_out} has {counted(spec.min_samples, 'sample')}"
        return insufficient(spec, "no data", detail)
    if spec.within_percent is None:
        found = _in_a_row(spec, seen)
    else:
        about = [*filter(spec.is_about, plan)] or [s.stage for s in stages]
        found = _share(spec, seen, 0 if until_s is None else _planned_windows(spec, about))
    if found.status == "INSUFFICIENT" and spec.kind.observed is not None:
        return replace(found, detail=f"{found.detail}: {why_missing(spec, stages)}")
    return found


def first_breach(
    checks: Sequence[CheckSpec],
    log: WindowLog,
    begun: Sequence[StageFigures],
    plan: Sequence[Stage],
    until_s: float,
) -> CheckOutcome | None:
    """The first check over windows that is proven breached by what is complete up to `until_s` (in
    seconds of the run), and shall end something. The others are only read.

    What the stages to come of the `plan` could still mend is not proven.
    """
    outcomes = []
    for spec in checks:
        about = [stage for stage in begun if spec.is_about(stage.stage)]
        if spec.is_windowed and about:
            outcomes.append(judge_windows(spec, about, until_s, log, plan))
    return next((o for o in outcomes if o.spec.abort and o.status == "FAIL"), None)


def _planned_windows(spec: CheckSpec, stages: Iterable[Stage]) -> int:
    """At most: the whole seconds nearest to a stage may be one more than it is long."""
    lengths_s = (ceil(s.duration_s - spec.grace_s - EPSILON) for s in stages)
    return sum(max(0, length_s // spec.window_s) for length_s in lengths_s)


def _open(spec: CheckSpec) -> str:
    return OPEN if spec.kind.observed is None else OPEN_OBSERVED


def _share(spec: CheckSpec, seen: Sequence[Seen], planned: int) -> CheckOutcome:
    known = sum(s.decided for s in seen)
    breached = sum(s.breached for s in seen)
    undecided = sum(s.undecided for s in seen)
    count = max(planned, known)
    percent = 100 * (count - breached) / count
    text, holds = f"{percent:.1f} % of windows", _is_enough(spec, percent)
    met = known - breached - undecided
    meet = "meets" if met == 1 else "meet"
    detail = f"{met} of {counted(known, 'window')} of {spec.window_s} s {meet} it{_others(seen)}"
    if holds and not _is_enough(spec, 100 * (count - breached - undecided) / count):
        detail += f"; {undecided} undecided: {_open(spec)}"
        return CheckOutcome(spec, "INSUFFICIENT", percent, text, detail)
    return decided(spec, holds, percent, text, detail)


def _is_enough(spec: CheckSpec, percent: float) -> bool:
    assert spec.within_percent is not None
    return percent >= spec.within_percent - EPSILON


def _in_a_row(spec: CheckSpec, seen: Sequence[Seen]) -> CheckOutcome:
    needed = max(1, ceil((spec.for_s or 0.0) / spec.window_s - EPSILON))
    breaches = [s.longest for s in seen if s.longest is not None]
    longest = max(breaches, key=lambda breach: breach.windows, default=None)
    if longest is not None and longest.windows >= needed:
        count = "1 window" if longest.windows == 1 else f"{longest.windows} windows in a row"
        detail = f"{count} breached, {longest.first_s}–{longest.end_s} s of the run"
        return decided(spec, False, longest.worst, actual_text(spec, longest.worst), detail)
    values = [s.worst for s in seen if s.worst is not None]
    if not values:
        return insufficient(spec, "no data", _open(spec))
    worst = reduce(worst_of(spec), values)
    breached, most = sum(s.breached for s in seen), longest.windows if longest else 0
    known = counted(sum(s.decided for s in seen), "window")
    detail = f"worst of {known} of {spec.window_s} s{_others(seen)}"
    if breached:
        detail += f"; {breached} breached, at most {most} in a row, {needed} needed to fail"
    text = actual_text(spec, worst)
    if max(s.longest_open for s in seen) >= needed:
        return CheckOutcome(spec, "INSUFFICIENT", worst, text, f"{detail}; {_open(spec)}")
    if max(s.laid for s in seen) >= needed > max(s.decided for s in seen):
        return CheckOutcome(spec, "INSUFFICIENT", worst, text, _too_few(spec, seen, needed))
    return decided(spec, True, worst, text, detail)


def _others(seen: Sequence[Seen]) -> str:
    count = sum(s.laid - s.decided for s in seen)
    return f"; {count} more {'has' if count == 1 else 'have'} too few samples" if count else ""


def _too_few(spec: CheckSpec, seen: Sequence[Seen], needed: int) -> str:
    """Had all that have enough breached it, that would not have been enough of them."""
    known, laid = sum(s.decided for s in seen), sum(s.laid for s in seen)
    have = "has" if known == 1 else "have"
    return (
        f"{known} of {counted(laid, 'window')} of {spec.window_s} s {have}"
        f" {counted(spec.min_samples, 'sample')}, {needed} of one stage needed for a breach"
    )
