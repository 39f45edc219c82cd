"""One scenario of a run: its stages as they come, and when they came."""

from __future__ import annotations

from dataclasses import dataclass

from jobload.lifecycle.leader.stage_sequence import StageSequence
from jobload.measure.ledger import Audit
from jobload.plan.profile import starts_s, total_s
from jobload.plan.scenario import Scenario

EARLY_S = 0.002
"""A timer of the event loop may ring so much before its time."""


@dataclass
class ScenarioRun:
    scenario: Scenario
    sequence: StageSequence
    began_s: float
    """Of the run."""
    ended_early: str | None = None
    ended_by: str | None = None
    """The id of the check that did."""
    audit: Audit | None = None

    def stage_ends_s(self, index: int) -> float:
        """Counted from the start of the scenario."""
        return starts_s(self.sequence.stages)[index + 1]

    def is_over(self, in_scenario_s: float) -> bool:
        ends_s = total_s(self.sequence.stages) - EARLY_S
        return self.sequence.is_complete and in_scenario_s >= ends_s
