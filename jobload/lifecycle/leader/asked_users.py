"""The users that a LoadTestShape of somebody's own asks for, as Locust is told of them."""

from __future__ import annotations

from time import perf_counter

from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.stage_sequence import CustomSequence
from jobload.load.own_shape import OwnShape, OwnTick

TICK_S = 1.0


class AskedUsers:
    """The shape is asked once a second, as Locust does it, and it may take its time to start users.
    When a worker comes or goes they are told again: Locust waits for another tick with that."""

    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._last: OwnTick | None = None

    def follow(self, run: Run, sequence: CustomSequence, shape: OwnShape) -> None:
        """Until it answers nothing more."""
        ask, most, self._last = shape.begin(self._leader.runner), 0, None
        while not run.finishing and run.phase == "load":
            due_s = perf_counter() + TICK_S
            if (tick := ask()) is None:
                sequence.end(run.in_scenario_s, most)
                return
            most = max(most, tick.users)
            self._tell(tick)
            while (left_s := due_s - perf_counter()) > 0 and not run.finishing:
                if self._leader.processes.changes_within(left_s, run.over):
                    self._tell(tick)

    def _tell(self, tick: OwnTick) -> None:
        if tick == self._last and not self._leader.processes.have_changed():
            return
        self._last = tick
        self._leader.processes.give_users()
        self._leader.runner.start(tick.users, tick.spawn_rate, user_classes=tick.user_classes)
