"""What came most often, of errors or of why jobs were abandoned, as lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobload.measure.error_counts import ErrorCounts
from jobload.plan.counted import counted
from jobload.report.result import model, stage_model

MOST_KINDS = 5


def most_frequent_lines(found: Iterable[stage_model.ErrorKind]) -> tuple[list[str], int]:
    """Of all stages together, and how many kinds more there are."""
    kinds = ErrorCounts()
    for each in found:
        kinds.add(each.kind, each.example, each.count)
    lines = []
    for kind, count in kinds.most_frequent[:MOST_KINDS]:
        example = " ".join(kinds.examples[kind].split())
        lines.append(f"{count} × {kind}{f': {example}' if example else ''}")
    return lines, len(kinds.counts) - len(lines)


def abandoned_lines(scenario: model.Scenario) -> Iterator[str]:
    followed = [stage.completion for stage in scenario.stages if stage.completion]
    lines, left = most_frequent_lines(reason for jobs in followed for reason in jobs.reasons)
    yield from (f"jobs abandoned: {line}" for line in lines)
    if left:
        yield f"jobs abandoned: and {counted(left, 'more reason')}"
