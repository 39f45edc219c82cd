"""Evaluates checks on what a Prometheus knows of the target (`observe:`).

Without windows each sample must meet the check, so that no mean hides a peak; in windows the mean
of each does. Where samples are missing, nothing but a breach is proven.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf

from jobload.judge.checks.outcome import CheckOutcome, decided, insufficient
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.value_text import actual_text
from jobload.measure.figures import StageFigures
from jobload.measure.observed_series import Lack, ObservedSeries, ObservedStretch
from jobload.plan.counted import counted


def check_observed(
    spec: CheckSpec, stages: Sequence[StageFigures], until_s: float | None = None
) -> CheckOutcome:
    found = _stretches(spec, stages, until_s)
    values = [value for stretch in found for value in stretch.values]
    series = series_of(spec, stages)
    if not values:
        return insufficient(spec, "no data", f"no figure of it: {_why(series, found)}")
    worst = max(values) if spec.is_upper_limit else min(values)
    text, of = actual_text(spec, worst), f"worst of {counted(len(values), 'sample')}"
    if not spec.holds(worst):
        return decided(spec, False, worst, text, of)
    holes = [stretch for stretch in found if stretch.has_hole]
    if holes:
        longest_s = max(stretch.longest_gap_s for stretch in holes)
        detail = f"{of}, and none for {longest_s:.1f} s: {_why(series, holes)}"
        return CheckOutcome(spec, "INSUFFICIENT", worst, text, detail)
    return decided(spec, True, worst, text, of)


def why_missing(spec: CheckSpec, stages: Sequence[StageFigures]) -> str:
    """What samples of these stages are."""
    return _why(series_of(spec, stages), _stretches(spec, stages, None))


def series_of(spec: CheckSpec, stages: Sequence[StageFigures]) -> ObservedSeries | None:
    """One of the run, whichever stage is asked."""
    return stages[0].observed.get(spec.kind.observed or "")


def _stretches(
    spec: CheckSpec, stages: Sequence[StageFigures], until_s: float | None
) -> list[ObservedStretch]:
    """Of a stage that still runs, as far as the answers are in."""
    if (series := series_of(spec, stages)) is None:
        return []
    known_s = inf if until_s is None else series.settled_s
    begins_s = [stage.started_s + spec.grace_s for stage in stages]
    ends_s = [min(stage.ended_s, known_s) for stage in stages]
    return [series.between(b, max(b, e)) for b, e in zip(begins_s, ends_s, strict=True)]


def _why(series: ObservedSeries | None, stretches: Iterable[ObservedStretch]) -> str:
    """Not over and over again: the most frequent reason, with its first example."""
    lacks = sum((stretch.lacks for stretch in stretches), Counter[Lack]())
    if series is None or not lacks:
        return "it was not asked for"
    lack, count = lacks.most_common(1)[0]
    return f"{lack}, {count} of {lacks.total()} times ({series.examples[lack]})"
