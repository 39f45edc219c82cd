"""Why jobs were abandoned, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.measure.error_counts import ErrorCounts
from jobload.plan.counted import counted
from jobload.report.result import model

MOST_REASONS = 5


def abandoned_lines(scenario: model.Scenario) -> Iterator[str]:
    """The most frequent reason first."""
    reasons = ErrorCounts()
    for stage in scenario.stages:
        for reason in stage.completion.reasons if stage.completion else ():
            reasons.add(reason.kind, reason.example, reason.count)
    most_frequent = reasons.most_frequent
    for kind, count in most_frequent[:MOST_REASONS]:
        example = " ".join(reasons.examples[kind].split())
        yield f"jobs abandoned: {count} × {kind}{f': {example}' if example else ''}"
    if len(most_frequent) > MOST_REASONS:
        yield f"jobs abandoned: and {counted(len(most_frequent) - MOST_REASONS, 'more reason')}"
