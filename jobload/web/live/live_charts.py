"""The charts of a run that goes on: which there are, and what each second of it adds to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobload.live.live_run import LiveRun
from jobload.measure.observed_series import ObservedSeries
from jobload.report.charts.observed_charts import in_one_chart


@dataclass(frozen=True, slots=True)
class Curve:
    """`key` is what each second has it under, `kind` the class that colours it."""

    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class LiveChart:
    key: str
    title: str
    note: str
    curves: tuple[Curve, ...]


def _chart(key: str, title: str, note: str, *kinds: str) -> LiveChart:
    return LiveChart(key, title, note, tuple(Curve(kind, kind, kind) for kind in kinds))


CHARTS = (
    _chart("rate", "Rate", "operations per second", "offered", "started", "completed", "failed"),
    _chart("latency", "Response time", "of successful operations, ms", "p50", "p95", "p99"),
    _chart("users", "Users", "running", "users"),
)


def observed_charts(run: LiveRun) -> Iterator[LiveChart]:
    """By unit, as in the report."""
    for together in in_one_chart(run.observed.values()):
        names = ", ".join(series.name for series in together)
        curves = (
            Curve(observed_key(series), series.name, f"observed{number}")
            for number, series in enumerate(together, 1)
        )
        note = f"{together[0].unit or 'number'}, by Prometheus"
        yield LiveChart("observed", f"Observed: {names}", note, tuple(curves))


def observed_key(series: ObservedSeries) -> str:
    return f"observed:{series.name}"
