"""The users that a plan wants at each instant, as Locust is told of them."""

from __future__ import annotations

from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.scenario_run import EARLY_S
from jobload.load.staged_shape import Tick
from jobload.plan.profile import next_change_s, total_s, users_until_change

STILL_GOOD_S = 0.05
"""Users of an instant may be told so long after it, since Locust may take its time to start some.
"""


class PlannedUsers:
    """They change on whole seconds of a scenario and at ends of stages, to the millisecond."""

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._last_tick: Tick = (0, 1.0)
        self._nudge = 0.0
        self._told_s = 0.0
        """The last instant of the scenario for which users were told."""
        self._active: frozenset[str] = frozenset()

    def begin(self) -> Tick:
        self._active = self._leader.processes.active()
        return self._remember((0, 1.0))

    def none(self) -> Tick:
        return self._remember((0, max(1.0, float(self._last_tick[0]))))

    def lead(self, run: Run) -> None:
        """Until the end of the scenario."""
        while (
            not run.finishing and run.phase == "load" and not run.current.is_over(run.in_scenario_s)
        ):
            since_s = max(self._told_s, run.in_scenario_s - STILL_GOOD_S)
            due_s = next_change_s(run.stages, since_s)
            left_s = due_s - run.in_scenario_s
            if left_s <= EARLY_S:
                self.tell(run, due_s)
            elif self._leader.processes.changes_within(left_s, run.over):
                self.tell(run, self._told_s)

    def tell(self, run: Run, instant_s: float) -> None:
        tick = self._users_from(run, instant_s)
        if tick != self._leader.runner.shape_last_tick:
            self._leader.runner.shape_last_tick = tick
            self._leader.runner.start(*tick)

    def _users_from(self, run: Run, instant_s: float) -> Tick:
        """By the plan alone: at the end of a stage a tick may be awake before the stage changes."""
        self._told_s = instant_s
        within_s = min(instant_s, total_s(run.stages) - EARLY_S)
        users = max(1, round(users_until_change(run.stages, within_s)))
        if users == self._last_tick[0] and not self._crew_changed():
            return self._last_tick
        return self._remember((users, max(1.0, abs(users - self._last_tick[0])) + self._nudge))

    def _crew_changed(self) -> bool:
        """Locust moves users to other workers only when a tick differs from the one before."""
        active = self._leader.processes.active()
        if active == self._active:
            return False
        self._active = active
        self._nudge = 0.001 - self._nudge
        return True

    def _remember(self, tick: Tick) -> Tick:
        self._last_tick = tick
        return tick
