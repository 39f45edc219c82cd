"""The verdict is the right one, says why, and is the exit code."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log, sqrt

from jobload.measure.figures import ScenarioFigures
from jobload.report.result.model import Check
from verify.simulate.draw import LIMIT_MS
from verify.simulate.promises.evidence import Evidence

INTERRUPTED = {"sigterm": 143, "sigint": 130}
EXIT_CODES = {"PASS": 0, "FAIL": 1, "INVALID": 3}
NO_SAMPLES = " has 1 sample"
UNFINISHED = "had not ended, or not begun"


def has_a_verdict(all_: Evidence) -> Iterator[str]:
    status, code = all_.status, all_.outcome.exit_code
    reason = all_.figures.end_reason if all_.outcome.figures is not None else ""
    if code is None:
        return
    if status is None:
        if code not in (3, *INTERRUPTED.values()):
            yield f"without a verdict the exit code is {code}"
    elif code != INTERRUPTED.get(reason, EXIT_CODES[status]):
        yield f"{status} has exit code {code}"


def says_why(all_: Evidence) -> Iterator[str]:
    """INVALID names a reason, and nothing else has one."""
    result = all_.outcome.result
    if result is None:
        return
    reasons = [v for v in result.validity if v.status == "FAIL"]
    open_checks = [
        c for s in result.scenarios for c in s.checks if c.status == "INSUFFICIENT" and c.detail
    ]
    if result.status == "INVALID" and not any(v.actual for v in reasons) and not open_checks:
        yield "INVALID, and no reason is named"
    if result.status != "INVALID" and reasons:
        yield f"{result.status} although {reasons[0].id}: {reasons[0].actual}"


def pass_is_deserved(all_: Evidence) -> Iterator[str]:
    """The load was made, and the target kept the limits."""
    if all_.status != "PASS":
        return
    for scenario in all_.figures.scenarios:
        if scenario.ended_early or scenario.search is not None:
            continue
        yield from _load_was_made(all_, scenario)
        yield from _limits_were_kept(all_, scenario)
    ran = sum(len(s.stages) for s in all_.figures.scenarios)
    planned = sum(len(s.stages()) for s in all_.case.scenarios)
    searched = any(s.search or s.ended_early for s in all_.figures.scenarios)
    if ran < planned and not searched:
        yield f"PASS, and {ran} of {planned} stages ran"


def _load_was_made(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    for stage in scenario.judged_stages:
        planned = stage.planned
        if planned is None:
            continue
        begun = all_.begun_between(*all_.stage_at(stage))
        if scenario.scenario.shape == "step_stress" and not all_.target_is_sound:
            begun += stage.record.missed  # there none is a breach by itself (seed 313648)
        slack = 4 + all_.case.workers + 0.1 * planned + 2.0 * (stage.stage.rate or 0.0) * 0.1
        if scenario.scenario.arrivals == "poisson":
            slack += 5 * sqrt(planned)
        if begun < planned - slack:
            yield f"PASS: {begun:,} operations begun in {stage.name}, {planned:.0f} planned"


def _limits_were_kept(all_: Evidence, scenario: ScenarioFigures) -> Iterator[str]:
    spans = [all_.stage_at(stage) for stage in scenario.judged_stages]
    own = [a for a in all_.firsts if any(b <= a.at_s < e for b, e in spans)]
    good_keys = {
        a.key for a in all_.attempts if a.status == 201 and a.took_s < scenario.scenario.timeout_s
    }
    bad = sum(a.key not in good_keys for a in own)
    if bad > 0.01 * len(own) + 2:
        yield f"PASS: the target let {bad:,} of {len(own):,} operations of {scenario.name} down"
    slow = sum(a.took_s > LIMIT_MS / 1e3 * 1.01 for a in own if a.key in good_keys)
    if slow > 0.10 * len(own) + 2:
        yield f"PASS: {slow:,} of {len(own):,} operations of {scenario.name} took too long"


def standstill_fails(all_: Evidence) -> Iterator[str]:
    """A target that answered nothing in all of a judged stage has failed, whatever the model;
    where its breaking point is looked for, that is found. Without a rate other stages may hide it,
    for next to nothing was asked in it."""
    if not all_.generator_is_sound or all_.case.late or not _target_was_there(all_):
        return
    for scenario in all_.figures.scenarios if all_.status is not None else ():
        if scenario.scenario.asks in ("breaking point", "capacity"):
            continue
        for stage in scenario.judged_stages:
            began_s, ended_s = all_.stage_at(stage)
            frozen = any(
                b.kind == "freeze" and b.from_s < began_s - 0.2 and ended_s < b.until_s
                for b in all_.case.behaviours
            )
            hides = len(scenario.judged_stages) > 1 and scenario.scenario.rate is None
            if frozen and (all_.status != "FAIL" and not (hides or _is_left_open(all_))):
                yield f"{all_.status}, and the target stood still in all of {stage.name}"


def fail_is_deserved(all_: Evidence) -> Iterator[str]:
    """Nothing that the generator does is the target's failure."""
    if all_.status == "FAIL" and all_.target_is_sound:
        assert all_.outcome.result is not None
        checks = [c for s in all_.outcome.result.scenarios for c in s.checks if c.status == "FAIL"]
        why = "; ".join(f"{c.metric} {c.actual}" for c in checks)
        yield f"FAIL ({why}), and the target did nothing wrong"


def sound_runs_pass(all_: Evidence) -> Iterator[str]:
    """Nothing happened: PASS. Only the target was at fault: whatever, but not INVALID."""
    if not all_.generator_is_sound:
        return
    if all_.target_is_sound:
        if all_.status != "PASS" and not _are_few(all_):
            yield f"{all_.status} of an undisturbed run: {_first_reason(all_)}"
        return
    if all_.case.late:
        return  # whoever comes waits for users that are busy with the target (seed 402370)
    if all_.status == "INVALID" and _target_was_there(all_) and not _is_left_open(all_):
        yield f"INVALID, and nothing but the target was at fault: {_first_reason(all_)}"


def _is_left_open(all_: Evidence) -> bool:
    """A percentile that what never ended or began leaves open is undecided, whoever is at fault; at
    other shapes than steps of stress so many missed arrivals are a breach by themselves."""
    return not all_.named() and all(
        check.status == "INSUFFICIENT"
        and (
            UNFINISHED in check.detail
            or (NO_SAMPLES in check.detail and scenario.scenario.rate is None)
            or _few_came(all_, scenario, check.metric)
        )
        for check, scenario in _not_passed(all_)
    )


def _are_few(all_: Evidence) -> bool:
    """Arrivals at random may be fewer than a percentile needs, where about as many are planned."""
    has_result = all_.outcome.result is not None
    return (
        has_result
        and not all_.named()
        and all(
            check.status == "INSUFFICIENT"
            and scenario.scenario.arrivals == "poisson"
            and _few_came(all_, scenario, check.metric)
            for check, scenario in _not_passed(all_)
        )
    )


def _not_passed(all_: Evidence) -> Iterator[tuple[Check, ScenarioFigures]]:
    assert all_.outcome.result is not None
    for told, scenario in zip(all_.outcome.result.scenarios, all_.figures.scenarios, strict=True):
        for check in told.checks:
            if check.status != "PASS":
                yield check, scenario


def _few_came(all_: Evidence, scenario: ScenarioFigures, metric: str) -> bool:
    """In the closed model a target that is slow gets fewer requests than a percentile needs."""
    is_planned = scenario.scenario.rate is not None and scenario.scenario.arrivals == "even"
    if is_planned or not metric.startswith("p"):
        return False
    needed = ceil(log(0.05) / log(float(metric[1:]) / 100))
    return sum(all_.begun_between(*all_.stage_at(s)) for s in scenario.judged_stages) < needed


def _target_was_there(all_: Evidence) -> bool:
    """It took part from the beginning on."""
    begin_s = all_.outcome.zero_s + 0.5
    return not any(b.from_s <= begin_s <= b.until_s for b in all_.case.behaviours)


def _first_reason(all_: Evidence) -> str:
    result = all_.outcome.result
    if result is None:
        return "no verdict"
    reasons = [f"{v.id}: {v.actual}" for v in result.validity if v.status == "FAIL"]
    reasons += [
        f"{c.id}: {c.actual}, {c.detail}"
        for s in result.scenarios
        for c in s.checks
        if c.status != "PASS"
    ]
    return reasons[0] if reasons else "no reason"
