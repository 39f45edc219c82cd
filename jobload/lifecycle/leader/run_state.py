"""Where a run stands, as a value, and the steps that lead from one state to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from jobload.judge.exit_code import INTERRUPTED
from jobload.load.process.state import Phase
from jobload.measure.figures import EndReason

Step = Literal["prepare", "load", "drain", "rest", "end", "over"]


class IllegalStepError(Exception):
    """A step that the state does not allow: a mistake in this program."""


@dataclass(frozen=True, slots=True)
class RunState:
    """prepare -> load -> drain -> rest -> load ... -> end -> over

    prepare: every process gets the plan. load: the stage `stage` of the scenario at `position`
    runs. drain: that scenario is over, its requests in flight may take `drain_s`. rest: nothing is
    in flight, and the next scenario may begin. end: the same drain for the run as a whole, from any
    state before. over: the verdict stands.
    """

    step: Step = "prepare"
    position: int = -1
    stage: int = 0
    drain_s: float = 0.0
    reason: EndReason = "completed"
    detail: str = ""
    interrupted: bool = False
    """Pauses between retries end at once."""

    def begin_scenario(self) -> RunState:
        self._allow("begin a scenario", "prepare", "rest")
        return replace(self, step="load", position=self.position + 1, stage=0)

    def enter_stage(self, stage: int) -> RunState:
        self._allow("enter a stage", "load")
        return replace(self, stage=stage)

    def drain(self, drain_s: float) -> RunState:
        self._allow("drain", "load")
        return replace(self, step="drain", drain_s=drain_s)

    def rest(self) -> RunState:
        self._allow("rest", "drain", "rest")
        return replace(self, step="rest")

    def end(self, reason: EndReason, detail: str, drain_s: float) -> RunState:
        self._allow("end", "prepare", "load", "drain", "rest")
        return replace(
            self,
            step="end",
            drain_s=drain_s,
            reason=reason,
            detail=detail,
            interrupted=reason not in ("completed", "aborted"),
        )

    def interrupt(self, reason: EndReason) -> RunState:
        """A signal while the run ends: the first says why it ended, one more cuts the drain off."""
        self._allow("be interrupted", "end")
        if reason not in INTERRUPTED:
            return self
        drain_s = 0.0 if self.interrupted else self.drain_s
        return replace(self, reason=reason, interrupted=True, drain_s=drain_s)

    def conclude(self) -> RunState:
        self._allow("be over", "end")
        return replace(self, step="over")

    @property
    def phase(self) -> Phase:
        """As the processes are told of it."""
        if self.step == "rest":
            return "drain"
        return "end" if self.step == "over" else self.step

    @property
    def is_ending(self) -> bool:
        return self.step in ("end", "over")

    @property
    def awaits_scenario(self) -> bool:
        return self.step in ("prepare", "rest")

    def _allow(self, what: str, *steps: Step) -> None:
        if self.step not in steps:
            raise IllegalStepError(f"a run in {self.step} can't {what}")
