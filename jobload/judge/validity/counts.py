"""Every arrival and every operation must be accounted for, exactly."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.answers.audited import ledger_differences
from jobload.judge.validity.finding import Finding, ValidityCheck, from_findings, place
from jobload.measure.completion import CompletionRecord
from jobload.measure.figures import RunFigures, ScenarioFigures
from jobload.measure.stage_record import EndpointRecord, StageRecord

EXPECT = "what is offered, started and followed ends in one way, difference 0"
ADVICE = (
    "Operations were lost or counted twice, so no figure of this run can be trusted. Look for a"
    " lost worker or a crashed user class; if there is none, this is a bug in jobload."
)


def counts_reconciled(run: RunFigures) -> ValidityCheck:
    findings = [finding for scenario in run.scenarios for finding in _differences(scenario)]
    total = run.total()
    fine = f"{total.started:,} started, {total.attempts:,} attempts, difference 0"
    return from_findings("counts-reconciled", findings, fine=fine, expect=EXPECT, advice=ADVICE)


def _differences(scenario: ScenarioFigures) -> Iterator[Finding]:
    for stage in scenario.stages:
        for sentence in (
            *_of_stage(stage.record),
            *_of_ended(stage.overall),
            *_of_attempts(stage.record, stage.overall),
            *_of_followed(stage.record.completion),
        ):
            yield Finding(scenario.position, f"{place(scenario, stage)}: {sentence}")
    for sentence in (*_of_ends(scenario), *ledger_differences(scenario)):
        yield Finding(scenario.position, f"{scenario.title}: {sentence}")


def _of_stage(record: StageRecord) -> Iterator[str]:
    ways = record.started + record.missed + record.surplus
    yield from _equal("offered", record.offered, "started + missed + surplus", ways)
    of_operations = sum(e.started for e in record.operations)
    yield from _equal("started", record.started, "that of its endpoints", of_operations)


def _of_attempts(record: StageRecord, overall: EndpointRecord) -> Iterator[str]:
    """Each operation has one attempt and its retries, or those of its steps; some steps have no
    operation."""
    in_steps = 0
    for name, step in record.steps.items():
        tries = step.started + step.retries + step.repeats
        of_step = (*_of_ended(step), *_equal("attempts", step.attempts, "started + retries", tries))
        yield from (f"{name}: {sentence}" for sentence in of_step)
        in_steps += step.attempts - step.retries
    alone = overall.started - sum(flow.started for flow in record.flows.values())
    tries = alone + in_steps + overall.retries - record.outside
    yield from _equal("attempts", overall.attempts, "started + retries", tries)


def _of_ended(record: EndpointRecord) -> Iterator[str]:
    ended = record.succeeded + record.failed + record.censored
    yield from _equal("started", record.started, "succeeded + failed + censored", ended)
    timed = record.response_time.count + record.untimed
    yield from _equal("succeeded", record.succeeded, "response times recorded", timed)


def _of_followed(record: CompletionRecord) -> Iterator[str]:
    ended = record.succeeded + record.failed + record.abandoned
    yield from _equal("followed jobs", record.followed, "succeeded + failed + abandoned", ended)
    told = sum(record.reasons.counts.values())
    yield from _equal("jobs abandoned", record.abandoned, "reasons told", told)
    timed = record.time.count
    yield from _equal("jobs succeeded", record.succeeded, "completion times recorded", timed)


def _of_ends(scenario: ScenarioFigures) -> Iterator[str]:
    good = sum(stage.record.ended_good for stage in scenario.stages)
    bad = sum(stage.record.ended_bad for stage in scenario.stages)
    succeeded = sum(stage.overall.succeeded for stage in scenario.stages)
    failed = sum(stage.overall.failed for stage in scenario.stages)
    if good > succeeded or bad > failed:
        yield (
            f"{good:,} good and {bad:,} bad ends, more than"
            f" {succeeded:,} succeeded and {failed:,} failed"
        )


def _equal(name: str, count: int, sum_name: str, whole: int) -> Iterator[str]:
    if count != whole:
        yield f"{name} {count:,} but {sum_name} {whole:,}, difference {count - whole:+,}"
