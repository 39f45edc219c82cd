"""Whoever did nothing wrong is not to blame: neither in a diagnosis, nor by any check that could
have been written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

from jobload.judge.checks.check import evaluate
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.thresholds.limit import parse_limit
from jobload.judge.thresholds.metric import parse_metric
from jobload.measure.figures import ScenarioFigures
from jobload.measure.series import Series
from jobload.measure.snapshot import StageKey
from jobload.measure.stage_record import StageRecord
from verify.simulate.draw import LIMIT_MS
from verify.simulate.promises.evidence import HARMLESS, Evidence

OF_TARGET = ("target-refuses", "target-slow", "connecting", "too-few-users")
OF_GENERATOR = ("generator-cpu", "generator-paused", "generator-lacks", "users-raise")
TIMES = ("p50", "p90", "mean", "max")
EXPECTED = {
    **dict.fromkeys(TIMES, f"<= {LIMIT_MS:g}ms"),
    "service_p50": f"<= {LIMIT_MS:g}ms",
    "error_rate": "<= 1%",
    "request_error_rate": "<= 1%",
    "missed": "<= 1%",
    "retries": "<= 2",
}
AT_LEAST_S = {"for": 3.2, "grace": 4.2, "within": 2.2, "abort": 4.2}
"""Who stands still for so long does so in all of a window, or in as many as it takes."""


def cause_is_right(all_: Evidence) -> Iterator[str]:
    result, never = all_.outcome.result, list[str]()
    if all_.target_is_sound:
        never += OF_TARGET
    if all_.generator_is_sound and not all_.case.late:
        never += OF_GENERATOR
    for scenario in result.scenarios if result is not None else ():
        for stage in scenario.stages:
            if stage.diagnosis is not None and stage.diagnosis.cause in never:
                yield f"{scenario.name}/{stage.name}: {stage.diagnosis.sentence}"


def any_check_is_right(all_: Evidence) -> Iterator[str]:
    """No check of a sound target fails, none of a run in which nothing happened is left open, and
    each of a target that stood still for long enough fails."""
    for scenario in all_.figures.scenarios if all_.status is not None else ():
        if not scenario.judged_stages:
            continue
        scenario = _kept(scenario)
        for kind, spec in _all_specs():
            outcome = evaluate(spec, scenario)
            sentence = f"{scenario.name}: {spec.id} {outcome.status}, {outcome.actual_text}"
            if outcome.status == "FAIL" and all_.target_is_sound and not _some_left(all_):
                yield f"{sentence}, and the target did nothing wrong"
            elif _is_open(outcome) and _nothing_happened(all_) and not _some_missed(scenario):
                yield f"{sentence} of an undisturbed run: {outcome.detail}"
            elif spec.metric in TIMES and outcome.status != "FAIL" and kind in AT_LEAST_S:
                still_s = _stood_still_s(all_, scenario, spec.grace_s)
                if still_s > AT_LEAST_S[kind] and not _has_few(outcome, scenario):
                    yield f"{sentence}, and the target stood still for {still_s:.2f} s"


class _Kept(Series):
    """Of a run that is over: its windows are put together once, and not for each check anew."""

    def __init__(self, series: Series) -> None:
        vars(self).update(vars(series))
        self._windows: dict[tuple[StageKey, int, int | None], StageRecord] = {}

    def window(self, key: StageKey, first: int, length: int | None) -> StageRecord:
        if (found := self._windows.get((key, first, length))) is None:
            found = self._windows[key, first, length] = super().window(key, first, length)
        return found


def _kept(scenario: ScenarioFigures) -> ScenarioFigures:
    stages = [replace(stage, series=_Kept(stage.series)) for stage in scenario.stages]
    return replace(scenario, stages=stages)


@cache
def _all_specs() -> list[tuple[str, CheckSpec]]:
    kinds: dict[str, dict[str, object]] = {
        "": {},
        "rest": {"grace_s": 1.0},
        "for": {"for_s": 2.0, "window_s": 1},
        "grace": {"for_s": 2.0, "window_s": 2, "grace_s": 0.7},
        "within": {"within_percent": 100.0, "window_s": 1},
        "abort": {"abort": "scenario", "window_s": 2},
    }
    return [(kind, _spec(metric, kinds[kind])) for metric, kind in product(EXPECTED, kinds)]


def _spec(metric: str, fields: dict[str, object]) -> CheckSpec:
    limit = parse_limit(parse_metric(metric), EXPECTED[metric])
    also = "".join(f" {key}={value}" for key, value in fields.items())
    return CheckSpec(
        id=f"{metric} {EXPECTED[metric]}{also}",
        scenario="",
        metric=metric,
        expect=EXPECTED[metric],
        comparator=limit.comparator,
        limit=limit.value,
        unit=limit.unit,
        **fields,  # type: ignore[arg-type]  # as they stand above
    )


def _is_open(outcome: CheckOutcome) -> bool:
    """For another reason than a lack of samples."""
    is_few = outcome.actual_text == "no data" or "needed for" in outcome.detail
    return outcome.status == "INSUFFICIENT" and not is_few


def _has_few(outcome: CheckOutcome, scenario: ScenarioFigures) -> bool:
    """Too few arrivals for the percentile are planned in a window (seed 881360)."""
    spec = outcome.spec
    least = min(stage.stage.rate or 0.0 for stage in scenario.judged_stages) * spec.window_s
    return outcome.status == "INSUFFICIENT" and not _is_open(outcome) and least < spec.min_samples


def _nothing_happened(all_: Evidence) -> bool:
    return all_.target_is_sound and all_.generator_is_sound and not all_.case.late


def _some_left(all_: Evidence) -> bool:
    """By how much a process was behind itself is lost with it (seed 102): that is INVALID."""
    return any(event.kind not in (*HARMLESS, "still") for event in all_.case.events)


def _some_missed(scenario: ScenarioFigures) -> bool:
    """Arrivals at random may come in a group as their stage ends (seed 20327)."""
    return any(stage.record.missed for stage in scenario.judged_stages)


def _stood_still_s(all_: Evidence, scenario: ScenarioFigures, grace_s: float) -> float:
    """The target, at most, in what is judged of a stage; 0 where others may be to blame, or where
    without a rate hardly anybody waited."""
    is_open_model = scenario.scenario.rate is not None and scenario.search is None
    harmless = all(event.kind in HARMLESS for event in all_.case.events)
    if not (is_open_model and harmless and all_.generator_is_sound) or all_.case.late:
        return 0.0
    still = [b for b in all_.case.behaviours if b.kind == "freeze"]
    spans = [all_.stage_at(stage) for stage in scenario.judged_stages]
    within_s = (
        min(ended_s, b.until_s) - max(began_s + grace_s, b.from_s)
        for b in still
        for began_s, ended_s in spans
    )
    return max(within_s, default=0.0)
