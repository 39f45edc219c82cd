"""Checks over windows: every one in a row (`for`), a share of them (`within`), any (`abort`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

from jobload.judge.check_spec import CheckSpec
from jobload.judge.value_text import actual_text
from jobload.judge.window_log import Decided, WindowLog
from jobload.judge.windows import windows
from jobload.measure.figures import StageFigures
from jobload.plan.stage import Stage

EPSILON = 1e-9
Status = Literal["PASS", "FAIL", "INSUFFICIENT"]
OPEN = "in some windows the generator's own delay, or what had not ended, decides"


@dataclass(frozen=True, slots=True)
class WindowsFound:
    status: Status
    actual: float | None
    text: str
    detail: str


def judge_windows(
    spec: CheckSpec,
    stages: Sequence[StageFigures],
    until_s: float | None = None,
    log: WindowLog | None = None,
) -> WindowsFound:
    log = log or WindowLog()
    decided = [read_windows(spec, stage, until_s, log) for stage in stages]
    if not any(decided):
        laid = [windows(s, spec.window_s, grace_s=spec.grace_s, until_s=until_s) for s in stages]
        count = sum(map(len, laid))
        detail = f"none of {count} windows of {spec.window_s} s has {spec.min_samples:,} samples"
        return WindowsFound("INSUFFICIENT", None, "no data", detail)
    planned = None if until_s is None else planned_windows(spec, [s.stage for s in stages])
    return judge_decided(spec, decided, planned)


def read_windows(
    spec: CheckSpec, stage: StageFigures, until_s: float | None, log: WindowLog
) -> list[Decided]:
    """The windows that say something; the others count neither way."""
    laid = windows(stage, spec.window_s, grace_s=spec.grace_s, until_s=until_s)
    return [found for window in laid if (found := log.decide(spec, window)) is not None]


def judge_decided(
    spec: CheckSpec, decided: Sequence[Sequence[Decided]], planned: int | None
) -> WindowsFound:
    """`decided` by stage, at least one in all; `planned` is how many there may be in the end."""
    if spec.within_percent is not None:
        return _share(spec, [d for of_stage in decided for d in of_stage], planned)
    return _in_a_row(spec, decided)


def planned_windows(spec: CheckSpec, stages: Iterable[Stage]) -> int:
    return sum(max(0, int((s.duration_s - spec.grace_s) // spec.window_s)) for s in stages)


def _share(spec: CheckSpec, decided: Sequence[Decided], planned: int | None) -> WindowsFound:
    """While a stage runs, the windows still to come may all hold."""
    breached = sum(d.holds is False for d in decided)
    undecided = sum(d.holds is None for d in decided)
    count = len(decided) if planned is None else max(planned, len(decided))
    percent = 100 * (count - breached) / count
    status: Status = "PASS"
    if not _is_enough(spec, percent):
        status = "FAIL"
    elif not _is_enough(spec, 100 * (count - breached - undecided) / count):
        status = "INSUFFICIENT"
    met = len(decided) - breached - undecided
    text = f"{percent:.1f} % of windows"
    detail = f"{met} of {len(decided)} windows of {spec.window_s} s meet it"
    if status == "INSUFFICIENT":
        detail += f"; {undecided} undecided: {OPEN}"
    return WindowsFound(status, percent, text, detail)


def _is_enough(spec: CheckSpec, percent: float) -> bool:
    assert spec.within_percent is not None
    return percent >= spec.within_percent - EPSILON


def _in_a_row(spec: CheckSpec, decided: Sequence[Sequence[Decided]]) -> WindowsFound:
    needed = max(1, ceil((spec.for_s or 0.0) / spec.window_s - EPSILON))
    longest = _longest_breach(decided, proven=True)
    if len(longest) >= needed:
        worst = _worst(spec, longest)
        stretch = f"{longest[0].first_s}–{longest[-1].end_s} s of the run"
        count = "1 window" if len(longest) == 1 else f"{len(longest)} windows in a row"
        detail = f"{count} breached, {stretch}"
        return WindowsFound("FAIL", worst.value, actual_text(spec, worst.value), detail)
    every = [d for of_stage in decided for d in of_stage]
    worst = _worst(spec, every)
    breached = sum(d.holds is False for d in every)
    detail = f"worst of {len(every)} windows of {spec.window_s} s"
    if breached:
        detail += f"; {breached} breached, at most {len(longest)} in a row, {needed} needed to fail"
    status: Status = "PASS"
    if len(_longest_breach(decided, proven=False)) >= needed:
        status = "INSUFFICIENT"
        detail += f"; {OPEN}"
    return WindowsFound(status, worst.value, actual_text(spec, worst.value), detail)


def _longest_breach(decided: Sequence[Sequence[Decided]], proven: bool) -> list[Decided]:
    """Of windows that breach it, or that may do so."""
    longest: list[Decided] = []
    for of_stage in decided:
        run: list[Decided] = []
        for window in of_stage:
            goes_on = window.holds is False if proven else window.holds is not True
            run = [*run, window] if goes_on else []
            if len(run) > len(longest):
                longest = run
    return longest


def _worst(spec: CheckSpec, decided: Sequence[Decided]) -> Decided:
    highest_is_worst = spec.comparator in ("<=", "<")
    pick = max if highest_is_worst else min
    return pick(decided, key=lambda d: d.value)
