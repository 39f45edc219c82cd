"""Series of runs as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from jobload.compare.history.run_series import TRACKED, Change, RunSeries
from jobload.compare.history.strongest_split import fewest_runs

SCHEMA = "jobload.history/1"
OF_A_RUN = ("run_id", "started_at", "status", "revision", "target_version")


def series_json(found: Sequence[RunSeries], unreadable: int) -> str:
    """Each list of values has one for each run, in their order; null where a run has none."""
    data = {
        "schema": SCHEMA,
        "fewest_runs": fewest_runs(),
        "unreadable_lines": unreadable,
        "series": [_series(series) for series in found],
    }
    return json.dumps(data, indent=2)


def _series(series: RunSeries) -> dict[str, Any]:
    return {
        **asdict(series.key),
        "left_out": dict(series.left_out),
        "runs": [{name: getattr(run, name) for name in OF_A_RUN} for run in series.runs],
        "metrics": {
            metric.name.replace(" ", "_"): {
                "unit": metric.unit,
                "values": series.values(metric),
                "changes": [_change(series, change) for change in series.changes(metric)],
            }
            for metric in TRACKED
        },
    }


def _change(series: RunSeries, change: Change) -> dict[str, Any]:
    point = change.point
    return {
        "run_id": series.runs[point.index].run_id,
        "index": point.index,
        "earliest_index": point.earliest,
        "latest_index": point.latest,
        "before": point.before,
        "after": point.after,
        "change_percent": change.percent,
        "worse": change.is_worse,
        "p_value": point.p_value,
    }
