"""One reason to trust a measurement, or not to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobload.judge.status import ValidityStatus
from jobload.measure.figures import RunFigures, ScenarioFigures, StageFigures

MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ValidityCheck:
    """`positions` are the scenarios it concerns; None is the whole run."""

    id: str
    status: ValidityStatus
    actual: str
    expect: str
    advice: str = ""
    positions: frozenset[int] | None = None

    def concerns(self, scenario: ScenarioFigures) -> bool:
        return self.positions is None or scenario.position in self.positions


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with one stage or scenario."""

    position: int
    sentence: str


def from_findings(
    check: str,
    findings: Sequence[Finding],
    *,
    fine: str,
    expect: str,
    advice: str,
    status: ValidityStatus = "FAIL",
) -> ValidityCheck:
    if not findings:
        return ValidityCheck(check, "PASS", fine, expect)
    return ValidityCheck(
        check,
        status,
        in_short([f.sentence for f in findings]),
        expect,
        advice,
        frozenset(f.position for f in findings),
    )


def in_short(sentences: Sequence[str]) -> str:
    shown = "; ".join(sentences[:MOST_SHOWN])
    more = len(sentences) - MOST_SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown


def judged(run: RunFigures) -> list[tuple[ScenarioFigures, StageFigures]]:
    return [(scenario, stage) for scenario in run.scenarios for stage in scenario.judged_stages]


def place(scenario: ScenarioFigures, stage: StageFigures) -> str:
    return f"{scenario.title}/{stage.name}"
