"""The figures of a stage in the form of result.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from jobload.judge.cause import Diagnosis
from jobload.measure.completion import CompletionRecord
from jobload.measure.error_counts import ErrorCounts
from jobload.measure.figures import StageFigures
from jobload.measure.histogram import Histogram
from jobload.measure.quiet_stages import Told
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.report.result import stage_model
from jobload.report.result.bucket_text import bucket_text
from jobload.report.result.noted_operations import first_failed, slowest
from jobload.report.result.redact import redacted

DIGITS = 3
_Told = TypeVar("_Told", bound=stage_model.ResultModel)


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def milliseconds(us: float | None) -> float | None:
    return None if us is None else round(us / 1e3, DIGITS)


def latency(histogram: Histogram) -> stage_model.Latency:
    p50, p95, p99, p99_9 = histogram.percentiles_us([50, 95, 99, 99.9])
    return stage_model.Latency(
        min=milliseconds(histogram.min_us if histogram.counts else None),
        mean=milliseconds(histogram.mean_us),
        p50=milliseconds(p50),
        p95=milliseconds(p95),
        p99=milliseconds(p99),
        p99_9=milliseconds(p99_9),
        max=_maximum_ms(histogram),
    )


def errors(counts: ErrorCounts) -> list[stage_model.ErrorKind]:
    """The most frequent first."""
    return [
        stage_model.ErrorKind(
            kind=redacted(kind), count=n, example=redacted(counts.examples.get(kind, ""))
        )
        for kind, n in counts.most_frequent
    ]


def same(kind: type[_Told], found: object, **more: object) -> _Told:
    """Its fields are called alike, but for `more`; figures are rounded."""
    alike = {name: getattr(found, name) for name in kind.model_fields.keys() - more.keys()}
    shown = {k: rounded(v) if isinstance(v, float) else v for k, v in alike.items()}
    return kind.model_validate(shown | more)


def operations(record: EndpointRecord) -> stage_model.Operations:
    finished = record.succeeded + record.failed
    return same(
        stage_model.Operations,
        record,
        error_rate_percent=rounded(100 * record.failed / finished if finished else None),
        response_time_ms=latency(record.response_time),
        response_time_lower_ms=latency(record.response_time_lower),
        service_time_ms=latency(record.service_time),
        errors=errors(record.errors),
    )


def diagnosed(found: Diagnosis) -> stage_model.Diagnosis:
    return stage_model.Diagnosis(
        cause=found.cause, sentence=redacted(found.sentence), advice=found.advice
    )


def stage(figures: StageFigures, found: Diagnosis, steps: Sequence[str] = ()) -> stage_model.Stage:
    """`steps` are those of the plan, in its order."""
    record = figures.record
    order = {name: number for number, name in enumerate(steps)}
    in_order = sorted(
        record.steps_to_read().items(), key=lambda item: order.get(item[0], len(order))
    )
    return same(
        stage_model.Stage,
        record,
        **dict(operations(figures.overall)),
        name=figures.name,
        judged=figures.stage.judged,
        started_s=round(figures.started_s, DIGITS),
        duration_s=round(figures.duration_s, DIGITS),
        users_from=figures.stage.users_from,
        users_to=figures.stage.users_to,
        rate=rounded(figures.stage.rate),
        planned=rounded(figures.planned),
        throughput_rps=rounded(figures.throughput_rps),
        goodput_rps=rounded(figures.goodput_rps),
        generator=_generator(record, figures.by_worker),
        endpoints=[
            *(_endpoint(name, endpoint) for name, endpoint in sorted(record.endpoints.items())),
            *(_endpoint(name, step, is_step=True) for name, step in in_order),
        ],
        flows=[_endpoint(name, flow) for name, flow in sorted(record.flows.items())],
        paused_s=round(record.paused_us / 1e6, DIGITS),
        seconds=_seconds(figures),
        completion=_completion(record.completion),
        diagnosis=diagnosed(found),
        slowest=slowest(figures.by_worker),
        first_failed=first_failed(figures.by_worker),
    )


def _completion(record: CompletionRecord) -> stage_model.Completion | None:
    if not record.followed:
        return None
    return same(
        stage_model.Completion,
        record,
        time_ms=latency(record.time),
        reasons=errors(record.reasons),
    )


def _endpoint(name: str, record: EndpointRecord, *, is_step: bool = False) -> stage_model.Endpoint:
    return stage_model.Endpoint(
        **dict(operations(record)),
        name=redacted(name),
        is_step=is_step,
        response_time_buckets=bucket_text(record.response_time),
        service_time_buckets=bucket_text(record.service_time),
    )


def _generator(record: StageRecord, by_worker: Mapping[str, Told]) -> stage_model.Generator:
    late_p50_us, late_p99_us = record.lateness.percentiles_us([50, 99])
    return same(
        stage_model.Generator,
        record,
        lateness_p50_ms=milliseconds(late_p50_us),
        lateness_p99_ms=milliseconds(late_p99_us),
        lateness_max_ms=_maximum_ms(record.lateness),
        loop_lag_p99_ms=milliseconds(record.loop_lag.percentile_us(99)),
        loop_lag_max_ms=_maximum_ms(record.loop_lag),
        cpu_percent=_percent(by_worker, lambda own: own.cpu_s),
        stolen_percent=_percent(by_worker, lambda own: own.stolen_s),
        read_lag_ms=_read_lag(record.read_lag),
    )


def _read_lag(lag: Histogram) -> stage_model.ReadLag:
    p50, p99 = lag.percentiles_us([50, 99])
    return stage_model.ReadLag(p50=milliseconds(p50), p99=milliseconds(p99), max=_maximum_ms(lag))


def _percent(
    by_worker: Mapping[str, Told],
    part_s: Callable[[Told], float],
) -> dict[str, float]:
    return {
        worker: round(100 * part_s(own) / own.wall_s, 1)
        for worker, own in sorted(by_worker.items())
        if own.wall_s > 0
    }


def _maximum_ms(histogram: Histogram) -> float | None:
    return milliseconds(histogram.max_us if histogram.counts else None)


def _seconds(figures: StageFigures) -> stage_model.Seconds:
    """All seconds in which something of the stage happened, those after its end included."""
    rows = figures.rows()
    return stage_model.Seconds(
        second=[row.second for row in rows],
        users=[figures.series.users(row.second) for row in rows],
        offered=[row.offered for row in rows],
        started=[row.started for row in rows],
        succeeded=[row.succeeded for row in rows],
        failed=[row.failed for row in rows],
        ended=[row.ended for row in rows],
        p50_ms=[milliseconds(row.p50_us) for row in rows],
        p95_ms=[milliseconds(row.p95_us) for row in rows],
        p99_ms=[milliseconds(row.p99_us) for row in rows],
    )
