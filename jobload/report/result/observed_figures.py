"""What was observed of the target in the form of result.json."""

from __future__ import annotations

from jobload.measure.observed_series import ObservedSeries
from jobload.report.result import model, stage_model
from jobload.report.result.redact import redacted

DIGITS = 6
"""That count, of a figure in whatever unit."""


def observed(series: ObservedSeries) -> model.Observed:
    samples = [*series.samples()]
    return model.Observed(
        name=series.name,
        query=redacted(series.query),
        unit=series.unit,
        every_s=series.every_s,
        at_s=[round(max(0.0, at_s), 2) for at_s, _ in samples],
        value=[None if value is None else _rounded(value) for _, value in samples],
        missing=[
            stage_model.ErrorKind(kind=lack, count=count, example=redacted(series.examples[lack]))
            for lack, count in series.lacks.most_common()
        ],
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
