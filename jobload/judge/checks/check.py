"""Evaluates one check against the figures of its scenario."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from jobload.judge.answers.answers import Answers
from jobload.judge.checks.answer_check import check_answer
from jobload.judge.checks.observed_check import check_observed
from jobload.judge.checks.outcome import CheckOutcome, decided, insufficient
from jobload.judge.checks.undecided import (
    also_counted,
    holds_between,
    reading_text,
    why_open,
)
from jobload.judge.checks.window_log import WindowLog, stretch_of
from jobload.judge.checks.windowed import judge_windows
from jobload.judge.stretches.excused import answered_nothing
from jobload.judge.stretches.reading import Reading, read
from jobload.judge.stretches.stretch import Stretch, of_stages, of_window
from jobload.judge.stretches.windows import rest_of
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.metric import WHOLE_SCENARIO
from jobload.judge.thresholds.value_text import value_text
from jobload.measure.figures import ScenarioFigures, StageFigures
from jobload.plan.counted import counted

Baseline = Callable[[CheckSpec], float | None]
"""What a check would have read in the baseline; None when that has too few samples of it."""


def evaluate(
    spec: CheckSpec,
    scenario: ScenarioFigures,
    *,
    answers: Answers | None = None,
    baseline: Baseline | None = None,
    log: WindowLog | None = None,
) -> CheckOutcome:
    if spec.kind.statistic in WHOLE_SCENARIO:
        return check_answer(spec, answers or Answers())
    stages = [stage for stage in scenario.stages if spec.is_about(stage.stage)]
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
    """An absolute check of some stages, or of what has passed of them by a second of the run."""
    if spec.is_windowed:
        return judge_windows(spec, stages, until_s, log)
    if spec.kind.observed is not None:
        return check_observed(spec, stages, until_s)
    if spec.kind.statistic == "missed" and spec.unit == "%":
        # Among many good arrivals in other stages the few that it takes would not show.
        stages = [stage for stage in stages if answered_nothing(stage)] or stages
    return _absolute(spec, _stretch(spec, stages, until_s))


def holds_in(spec: CheckSpec, stage: StageFigures, log: WindowLog | None = None) -> bool | None:
    """An absolute check in one stage, however few samples that has. None: it is open."""
    if spec.is_windowed:
        status = evaluate_stages(spec, [stage], log=log).status
        return None if status == "INSUFFICIENT" else status == "PASS"
    reading = read(spec, _stretch(spec, [stage], None))
    return None if reading.high is None else holds_between(reading, spec.holds)


def _stretch(spec: CheckSpec, stages: Sequence[StageFigures], until_s: float | None) -> Stretch:
    if not spec.grace_s:
        return of_stages(stages, spec.endpoint)
    whole = Stretch()
    for stage in stages:
        rest = rest_of(stage, spec.grace_s, until_s)
        if rest.length_s:
            # Without a rate, who was kept for all of a stage is missed in its first second.
            is_planned = stage.planned is not None
            whole.merge(stretch_of(spec, rest) if is_planned else of_window(rest))
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
    return decided(spec, found, reading.value, text, also_counted(reading))


def _too_few(spec: CheckSpec, reading: Reading) -> CheckOutcome:
    detail = f"{counted(reading.samples, 'sample')}, {spec.min_samples:,} needed for {spec.metric}"
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
