"""Rows that are each for one operation: none may be missing, and none unaccounted for."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.validity.finding import Finding, ValidityCheck, from_findings, place
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures
from jobload.measure.row_use import SourceFigures
from jobload.plan.counted import counted

EXPECT = "every operation got its row, and what became of each row is known"
MORE_ROWS = "Where rows ran out, add some, or use each: loop."
ADVICE = (
    "Rows that were handed out to a lost process may have been sent, or not: look at the target"
    f" before they are used again. {MORE_ROWS}"
)
ROUNDING = 2


def rows_accounted(run: RunFigures) -> list[ValidityCheck]:
    """None for a run without sources of rows."""
    if not run.rows:
        return []
    findings = [
        Finding(position, sentence)
        for source in run.rows
        for sentence in _flaws(source)
        for position in source.positions
    ]
    findings += [f for s in run.scenarios for stage in s.stages for f in _too_many(s, stage)]
    once = [source for source in run.rows if source.each == "once"]
    rows = sum(source.sent for source in once or run.rows)
    fine = f"{rows:,} rows sent" + (", each of them once" if once else "")
    check = from_findings("rows-accounted", findings, fine=fine, expect=EXPECT, advice=ADVICE)
    return [check]


def _flaws(source: SourceFigures) -> Iterator[str]:
    if source.lost:
        lost = f"{counted(len(source.lost), 'row')} handed out and not known to be sent"
        yield f"{source.name}: {lost}: {source.lost.text()}"
    if source.without:
        yield f"{source.name}: {counted(source.without, 'operation')} got no row"


def _too_many(scenario: ScenarioFigures, stage: StageFigures) -> Iterator[Finding]:
    """Each process rounds its part of the plan by itself; more are operations that should be."""
    record, rounding = stage.record, max(ROUNDING, len(stage.by_worker))
    beyond = max(0.0, record.offered - (stage.planned or 0.0))
    if record.surplus > beyond + rounding:
        yield Finding(
            scenario.position,
            f"{place(scenario, stage)}: {record.surplus:,} arrivals found no row, and only"
            f" {beyond:,.0f} were more than planned",
        )
