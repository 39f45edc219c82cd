"""The users that a plan wants at each instant, as Locust is told of them."""

from __future__ import annotations

from typing import Any

from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.scenario_run import EARLY_S
from jobload.load.staged_shape import Tick
from jobload.plan.profile import next_change_s, total_s, users_until_change

MOST_PATIENCE_S = 0.2


class PlannedUsers:
    """They change on whole seconds of a scenario and at ends of stages, to the millisecond."""

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._last_tick: Tick = (0, 1.0)
        self._nudge = 0.0
        """Locust moves users to other workers only when a tick differs from the one before."""
        self._told_s = 0.0
        """The last instant of the scenario for which users were told."""
        if leader.is_master:
            runner: Any = leader.runner
            runner._wait_for_workers_report_after_ramp_up = self._patience_s

    def _patience_s(self) -> float:
        """Locust 2.47 waits so long, by default a second, until workers say that they have all the
        users it has told them of (`runners.py`, `MasterRunner.start`), only to tell others of it. A
        worker that leaves never says so, nor one that has to give users away while its target
        hangs. No later change of users may wait for that, and least of all the greenlet that hears
        the workers, in which Locust starts users elsewhere."""
        run = self._leader.run
        if not self._leader.processes.may_wait():
            return 0.0
        if run is None or run.phase != "load":
            return MOST_PATIENCE_S
        left_s = next_change_s(run.stages, run.in_scenario_s) - run.in_scenario_s
        return min(MOST_PATIENCE_S, max(0.0, left_s - EARLY_S))

    def begin(self) -> None:
        """To start no user yet makes Locust hand the plan to every process."""
        self._start(self._remember((0, 1.0)))

    def none(self) -> Tick:
        return self._remember((0, max(1.0, float(self._last_tick[0]))))

    def lead(self, run: Run) -> None:
        """Until the end of the scenario."""
        while (
            not run.finishing and run.phase == "load" and not run.current.is_over(run.in_scenario_s)
        ):
            due_s = self._next_change_s(run)
            left_s = due_s - run.in_scenario_s
            if left_s <= EARLY_S:
                self.tell(run, due_s)
            elif self._leader.processes.changes_within(left_s, run.over):
                self.tell(run, self._told_s)

    def _next_change_s(self, run: Run) -> float:
        """Of those that passed while Locust took its time to start others, the last."""
        due_s = next_change_s(run.stages, self._told_s)
        while (later_s := next_change_s(run.stages, due_s)) <= run.in_scenario_s:
            due_s = later_s
        return due_s

    def tell(self, run: Run, instant_s: float) -> None:
        tick = self._users_from(run, instant_s)
        if tick != self._leader.runner.shape_last_tick:
            self._leader.processes.give_users()
            self._start(tick)

    def _start(self, tick: Tick) -> None:
        """As Locust does with what a tick returns, but for its pause of a second."""
        self._leader.runner.shape_last_tick = tick
        self._leader.runner.start(*tick)

    def _users_from(self, run: Run, instant_s: float) -> Tick:
        """By the plan alone: at the end of a stage a tick may be awake before the stage changes."""
        self._told_s = instant_s
        within_s = min(instant_s, total_s(run.stages) - EARLY_S)
        users = max(1, round(users_until_change(run.stages, within_s)))
        if self._leader.processes.have_changed():
            self._nudge = 0.001 - self._nudge
        elif users == self._last_tick[0]:
            return self._last_tick
        return self._remember((users, max(1.0, abs(users - self._last_tick[0])) + self._nudge))

    def _remember(self, tick: Tick) -> Tick:
        self._last_tick = tick
        return tick
