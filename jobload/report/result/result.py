"""A run and its verdict as one result, and that result as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from jobload.judge.answers.audited import AuditOutcome
from jobload.judge.answers.breaking_point import BreakingPoint
from jobload.judge.answers.capacity_found import CapacityFound
from jobload.judge.answers.drift import Drift
from jobload.judge.checks.outcome import CheckOutcome
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.judge.validity.finding import ValidityCheck
from jobload.judge.verdict import RunVerdict, ScenarioVerdict
from jobload.measure.collector import WorkerView
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures
from jobload.measure.histogram import RELATIVE_ERROR
from jobload.measure.observed_series import ObservedSeries
from jobload.measure.row_use import SourceFigures
from jobload.plan.counted import counted
from jobload.plan.shapes.capacity_search import Tried
from jobload.report.files.write import HISTOGRAM_FILE
from jobload.report.result import model, stage_model
from jobload.report.result.redact import redacted, redacted_configuration
from jobload.report.result.stage_figures import (
    DIGITS,
    diagnosed,
    errors,
    latency,
    milliseconds,
    rounded,
    same,
    stage,
)
from jobload.report.text.scenario_text import limit_text

OBSERVED_DIGITS = 6
"""That count, of a figure in whatever unit."""
MOST_STRETCHES_NAMED = 1_000
"""Of rows that were lost; the sentence on them names fewer."""


def build_result(
    run: RunFigures,
    verdict: RunVerdict,
    checks: Mapping[str, Sequence[CheckSpec]] | None = None,
    *,
    environment: dict[str, JsonValue],
    plan_configuration: dict[str, JsonValue] | None = None,
) -> model.Result:
    """`checks` are the limits that are shown; without them, those that were judged."""
    return model.Result(
        run_id=run.run_id,
        started_at=run.started_at,
        duration_s=round(run.duration_s, DIGITS),
        status=verdict.status,
        exit_code=verdict.exit_code,
        end=model.End(reason=run.end_reason, detail=redacted(run.end_detail)),
        profile_only=run.profile_only,
        host=redacted(run.host),
        histogram_error_percent=round(100 * RELATIVE_ERROR, DIGITS),
        topology=_topology(run),
        validity=[_validity(check) for check in verdict.validity],
        scenarios=[
            _scenario(
                figures,
                own,
                [o.spec for o in own.checks] if checks is None else checks.get(own.name, ()),
            )
            for figures, own in zip(run.scenarios, verdict.scenarios, strict=True)
        ],
        rows=[_rows(source) for source in run.rows],
        observed=[_observed(series) for series in run.observed.values()],
        total=_total(run),
        configuration=plan_configuration or {},
        environment=environment,
        notes=[redacted(note) for note in run.notes],
    )


def _topology(run: RunFigures) -> model.Topology:
    return model.Topology(
        mode=run.mode,
        workers=[_worker(worker) for worker in run.workers],
        refused_reports={kind: n for kind, n in sorted(run.collector.dropped.items()) if n},
    )


def _worker(worker: WorkerView) -> model.Worker:
    return same(
        model.Worker,
        worker,
        status="lost" if worker.lost else "complete" if worker.final else "incomplete",
        last_heard_s=round(worker.heard_s, DIGITS),
        cpu_peak_percent=round(worker.cpu_peak_percent, 1),
    )


def _rows(source: SourceFigures) -> model.Rows:
    name, file = redacted(source.name), redacted(source.file)
    return same(
        model.Rows,
        source,
        name=name,
        file=file,
        lost=len(source.lost),
        lost_rows=source.lost.text(MOST_STRETCHES_NAMED),
        text=f"{name}: {_row_counts(source)} ({file}, {source.each})",
    )


def _row_counts(source: SourceFigures) -> str:
    parts = [counted(source.total, "row"), f"{source.sent:,} sent"]
    if source.each == "once":
        parts += [f"{source.given_back:,} given back", f"{len(source.lost):,} lost"]
    if source.lost:
        parts[-1] += f" (rows {source.lost.text()})"
    if source.without:
        parts.append(f"{counted(source.without, 'operation')} without one")
    return ", ".join(parts)


def _observed(series: ObservedSeries) -> model.Observed:
    samples = [*series.samples()]
    return model.Observed(
        name=series.name,
        query=redacted(series.query),
        unit=series.unit,
        every_s=series.every_s,
        at_s=[round(max(0.0, at_s), 2) for at_s, _ in samples],
        value=[None if v is None else float(f"{v:.{OBSERVED_DIGITS}g}") for _, v in samples],
        missing=[
            stage_model.ErrorKind(kind=lack, count=count, example=redacted(series.examples[lack]))
            for lack, count in series.lacks.most_common()
        ],
    )


def _validity(check: ValidityCheck) -> model.Validity:
    positions = None if check.positions is None else sorted(check.positions)
    return same(model.Validity, check, actual=redacted(check.actual), scenarios=positions)


def _scenario(
    figures: ScenarioFigures, verdict: ScenarioVerdict, checks: Sequence[CheckSpec]
) -> model.Scenario:
    drift, recovery = verdict.answers.drift, verdict.answers.recovery
    return model.Scenario(
        name=figures.name,
        position=figures.position,
        repetition=figures.repetition,
        status=verdict.status,
        ended_early=None if figures.ended_early is None else redacted(figures.ended_early),
        configuration=redacted_configuration(figures.scenario.dump()),
        limits=[limit_text(spec) for spec in checks],
        stages=[
            stage(s, found, figures.scenario.step_names or ())
            for s, found in zip(figures.stages, verdict.diagnoses, strict=True)
        ],
        diagnosis=diagnosed(verdict.diagnosis),
        checks=[_check(outcome) for outcome in verdict.checks],
        breaking_point=_breaking_point(verdict.answers.breaking_point),
        recovery_s=None if recovery is None else rounded(recovery.seconds),
        recovery=None if recovery is None else recovery.text,
        drift=None if drift is None else _drift(drift),
        audit=None if verdict.audit is None else _audit(verdict.audit),
        capacity=None if verdict.answers.capacity is None else _capacity(verdict.answers.capacity),
    )


def _check(outcome: CheckOutcome) -> model.Check:
    spec = outcome.spec
    return same(
        model.Check,
        spec,
        id=redacted(spec.id),
        endpoint=None if spec.endpoint is None else redacted(spec.endpoint),
        actual=outcome.actual_text,
        value=rounded(outcome.actual),
        status=outcome.status,
        detail=outcome.detail,
    )


def _breaking_point(point: BreakingPoint | None) -> model.BreakingPoint | None:
    if point is None:
        return None
    return same(
        model.BreakingPoint,
        point,
        last_passing=_step(point.last_passing),
        first_failing=_step(point.first_failing),
        knee=_step(point.knee),
        collapse=_step(point.collapse),
    )


def _step(seen: StageFigures | None) -> model.Step | None:
    if seen is None:
        return None
    plan = seen.stage
    return same(model.Step, seen, stage=seen.name, users=plan.users, rate=rounded(plan.rate))


def _capacity(found: CapacityFound) -> model.Capacity:
    return model.Capacity(
        text=found.text,
        last_passing_rps=rounded(found.last_passing),
        first_failing_rps=rounded(found.first_failing),
        confirmed=found.confirmed,
        steps=[_tried(tried, seen) for tried, seen in found.steps],
    )


def _tried(tried: Tried, seen: StageFigures | None) -> model.CapacityStep:
    return same(
        model.CapacityStep,
        tried,
        phase=tried.probe.phase,
        rate=rounded(tried.probe.rate),
        throughput_rps=None if seen is None else rounded(seen.throughput_rps),
        error_rate_percent=None if seen is None else rounded(seen.error_rate_percent),
        p99_ms=None if seen is None else milliseconds(seen.overall.response_time.percentile_us(99)),
    )


def _drift(drift: Drift) -> model.Drift:
    return same(model.Drift, drift, percentile=drift.percentile, flagged=drift.exceeds())


def _audit(outcome: AuditOutcome) -> model.Audit:
    problem = outcome.audit.problem
    return same(
        model.Audit,
        outcome.audit,
        status=outcome.status,
        problem=None if problem is None else redacted(problem),
        text=redacted(outcome.text),
    )


def _total(run: RunFigures) -> model.Total:
    total = run.total()
    finished = total.succeeded + total.failed
    loaded_s = sum(stage.duration_s for stage in run.stages)
    times = latency(total.response_time)
    return model.Total(
        total_requests=finished,
        successful_requests=total.succeeded,
        failed_requests=total.failed,
        censored_requests=total.censored,
        latencies=HISTOGRAM_FILE,
        min_latency_ms=times.min,
        max_latency_ms=times.max,
        avg_latency_ms=times.mean,
        p95_latency_ms=times.p95,
        p99_latency_ms=times.p99,
        throughput_rps=rounded(finished / loaded_s if loaded_s > 0 else None),
        error_rate_percent=rounded(100 * total.failed / finished if finished else None),
        test_duration=round(loaded_s, DIGITS),
        errors=errors(total.errors),
    )
