"""Can this measurement be trusted? If not, no verdict on the target is given."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from jobload.judge.stretches.excused import keeps_all_waiting
from jobload.judge.validity.counts import counts_reconciled
from jobload.judge.validity.finding import (
    Finding,
    ValidityCheck,
    from_findings,
    in_short,
    judged,
    place,
)
from jobload.judge.validity.requests_sent import requests_sent
from jobload.judge.validity.rows_accounted import rows_accounted
from jobload.judge.validity.schedule import generator_not_saturated, schedule_kept
from jobload.judge.validity.users_stayed import users_stayed
from jobload.judge.validity.workers_complete import no_stall, workers_complete
from jobload.measure.collector import Collector
from jobload.measure.figures import EndReason, RunFigures, ScenarioFigures, StageFigures
from jobload.plan.counted import counted

LENGTH_S, LENGTH_SHARE = 0.5, 0.02
"""A stage may be so much longer or shorter than planned, whichever is more."""
HARMFUL = ("forged", "namesake", "malformed", "impossible")
WORDS = {
    "forged": "{} claiming to come from another worker",
    "namesake": "{} from a process under the name of another",
    "malformed": "{} that could not be read",
    "impossible": "{} that can't be true",
    "other_run": "{} of another run",
    "stranger": "{} from processes that are not part of this run",
    "unreadable": "{} on the workers' port that no worker of this jobload sends with a right clock",
}
ENDINGS: dict[EndReason, tuple[str, str]] = {
    "stopped": ("stopped by hand or by the locustfile", "Let the run come to its end."),
    "sigint": ("interrupted by SIGINT", "Let the run come to its end."),
    "sigterm": ("interrupted by SIGTERM", "Let the run come to its end."),
    "sighup": (
        "interrupted as its terminal went away (SIGHUP)",
        "Let the run come to its end; `nohup` lets it go on without a terminal.",
    ),
    "crashed": ("crashed", "Mend what crashed (see no-crash and the log) and run again."),
    "no-workers": (
        "too few workers",
        "Start as many as --expect-workers says, with this master's address and token, and give"
        " them the time: --expect-workers-max-wait.",
    ),
    "no-target": (
        "the target did not answer",
        "Start the target, or correct --host; without --host the embedded target is used.",
    ),
}


def validity(
    run: RunFigures, explained: Collection[int], breached: Collection[int] = ()
) -> list[ValidityCheck]:
    """`explained` are positions of scenarios whose early end is a result: a breach, a collapse;
    `breached` of those with a check that is proven breached."""
    return [
        completed(run, explained),
        no_crash(run),
        measured(run, explained, breached),
        workers_complete(run),
        counts_reconciled(run),
        schedule_kept(run, explained),
        generator_not_saturated(run),
        no_stall(run),
        not_censored(run, explained),
        messages_trusted(run.collector),
        *rows_accounted(run),
        *users_stayed(run),
        *requests_sent(run),
    ]


def completed(run: RunFigures, explained: Collection[int]) -> ValidityCheck:
    expect = "every scenario ran to its end"
    if run.end_reason in ENDINGS:
        actual, advice = ENDINGS[run.end_reason]
        detail = f"{actual}: {run.end_detail}" if run.end_detail else actual
        return ValidityCheck("completed", "FAIL", detail, expect, advice)
    if run.end_reason == "aborted" and not _is_last_explained(run, explained):
        # Nothing that the target did ended it.
        detail = run.end_detail or "the run was ended from within"
        advice = "Find out why the last worker left (its log) and run again."
        return ValidityCheck("completed", "FAIL", f"aborted: {detail}", expect, advice)
    return from_findings(
        "completed",
        [f for s in run.scenarios if s.position not in explained for f in _unfinished(s)],
        fine=_how_it_ended(run),
        expect=expect,
        advice="Run again; if it happens again, the reason is in the log.",
    )


def _is_last_explained(run: RunFigures, explained: Collection[int]) -> bool:
    return bool(run.scenarios) and run.scenarios[-1].position in explained


def _unfinished(scenario: ScenarioFigures) -> Iterator[Finding]:
    if scenario.ended_early is not None:
        yield Finding(scenario.position, f"{scenario.title} ended early: {scenario.ended_early}")
        return
    if scenario.search is not None:
        if not scenario.search.is_answered:
            yield Finding(scenario.position, f"the search of {scenario.title} came to no end")
        return
    ran = {stage.name for stage in scenario.stages}
    absent = [stage.name for stage in scenario.scenario.stages() if stage.name not in ran]
    if absent:
        yield Finding(scenario.position, f"{scenario.title}: {', '.join(absent)} never ran")
    for stage in scenario.stages:
        planned_s = stage.stage.duration_s
        if abs(stage.duration_s - planned_s) > max(LENGTH_S, LENGTH_SHARE * planned_s):
            yield Finding(
                scenario.position,
                f"{place(scenario, stage)} lasted {stage.duration_s:.1f} of {planned_s:g} s",
            )


def _how_it_ended(run: RunFigures) -> str:
    early = [f"{s.title} ended early: {s.ended_early}" for s in run.scenarios if s.ended_early]
    return in_short(early) if early else f"ran to its end in {run.duration_s:.1f} s"


def no_crash(run: RunFigures) -> ValidityCheck:
    expect = "no exception in a shape, a listener or a user class"
    crashes = list(run.crashes)
    for worker in run.workers:
        if worker.newest is not None:
            crashes += [crash for crash in worker.newest.crashes if crash not in crashes]
    if not crashes:
        return ValidityCheck("no-crash", "PASS", "no exception", expect)
    advice = "Mend what it says; of an exception the log has the traceback."
    return ValidityCheck("no-crash", "FAIL", in_short(crashes), expect, advice)


def measured(
    run: RunFigures, explained: Collection[int] = (), breached: Collection[int] = ()
) -> ValidityCheck:
    """A target that keeps all users busy for a whole stage is measured by what waits for it."""
    expect = "at least one operation finished in each judged stage"
    advice = (
        "Check that the scenario's users start, that its rate and duration leave time for an"
        " operation, and that the target can be reached. A client that is not Locust's must fire"
        " events.request."
    )
    if not run.scenarios:
        return ValidityCheck("measured", "FAIL", "no scenario ran", expect, advice)
    empty = [
        Finding(s.position, f"nothing finished in {place(s, stage)}")
        for s, stage in judged(run)
        if not stage.overall.finished and not (_may_fail(s, breached) and keeps_all_waiting(stage))
    ]
    empty += [
        Finding(s.position, f"no judged stage of {s.title} ran")
        for s in run.scenarios
        if not s.judged_stages and not _found_nothing(s)
    ]
    empty += [
        Finding(s.position, f"no request was made in {place(s, stage)}")
        for s, stage in judged(run)
        if stage.overall.succeeded and stage.overall.finished == stage.record.without_request
        if not stage.record.steps
    ]
    empty = [finding for finding in empty if finding.position not in explained]
    total = run.total()
    fine = f"{counted(total.succeeded + total.failed, 'operation')} finished"
    if idle := sum(stage.record.without_request for stage in run.stages):
        fine += f", {idle:,} of them without a request"
    return from_findings("measured", empty, fine=fine, expect=expect, advice=advice)


def _may_fail(scenario: ScenarioFigures, breached: Collection[int]) -> bool:
    """A breach proves it, or it is the breaking point that was looked for."""
    return scenario.position in breached or scenario.scenario.asks == "breaking point"


def _found_nothing(scenario: ScenarioFigures) -> bool:
    """A search in which no rate passed has none to hold."""
    search = scenario.search
    return search is not None and search.is_answered and search.last_passing is None


def not_censored(run: RunFigures, explained: Collection[int] = ()) -> ValidityCheck:
    """A breach that was proven stays one, however the rest would have ended."""
    elsewhere = run.total().censored
    where = "in stages that are not judged"
    if explained:
        where += " or that a breach has ended"
    unfinished = [
        Finding(s.position, f"{place(s, stage)}: {stage.overall.censored:,} unfinished")
        for s, stage in judged(run)
        if stage.overall.censored
    ]
    unfinished += [
        Finding(s.position, f"{place(s, stage)}: unfinished all through {place(s, later)}")
        for s in run.scenarios
        for stage in s.stages
        if not stage.stage.judged and (later := _judged_meanwhile(s, stage)) is not None
    ]
    return from_findings(
        "not-censored",
        [finding for finding in unfinished if finding.position not in explained],
        fine=f"{elsewhere:,} unfinished, {where}" if elsewhere else "none",
        expect="no operation of a judged stage unfinished at the end, nor of one before it all"
        " through it",
        advice="How long they would have taken is unknown. Let the run come to its end, and give"
        " the scenario a timeout that the target can keep. A task that never returns is an"
        " operation that never ends: let it return after each round.",
    )


def _judged_meanwhile(scenario: ScenarioFigures, stage: StageFigures) -> StageFigures | None:
    """While an operation of `stage` went on: its requests count there, and are not judged."""
    longest_s = stage.record.unfinished.max_us / 1e6 if stage.overall.censored else 0.0
    later = (s for s in scenario.judged_stages if s.started_s >= stage.ended_s)
    return next((s for s in later if longest_s >= s.ended_s - stage.ended_s), None)


def messages_trusted(collector: Collector) -> ValidityCheck:
    expect = "every report comes from a worker of this run and can be read"
    dropped = {kind: collector.dropped[kind] for kind in WORDS if collector.dropped[kind]}
    if not dropped:
        return ValidityCheck("messages-trusted", "PASS", "no report refused", expect)
    actual = "refused: " + ", ".join(WORDS[kind].format(f"{n:,}") for kind, n in dropped.items())
    if collector.impossible:
        lies = [f"{worker}: {why}" for worker, why in collector.impossible.items()]
        actual += f" ({in_short(lies)})"
    if not any(kind in HARMFUL for kind in dropped):
        advice = "They were not counted. Processes of an earlier run may still be alive."
        return ValidityCheck("messages-trusted", "WARN", actual, expect, advice)
    advice = (
        "Something else speaks on the master's port, which has no authentication: keep it away"
        " from other machines (--master-bind-host), and use the same jobload on all of yours."
    )
    return ValidityCheck("messages-trusted", "FAIL", actual, expect, advice)
