"""When users change, whatever the event loop's timers and Locust's starts do."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from jobload.lifecycle.leader.conductor import Conductor
from jobload.lifecycle.leader.planned_users import PlannedUsers
from jobload.lifecycle.leader.run import Run
from jobload.load.staged_shape import Tick
from jobload.plan.profile import total_s
from jobload.plan.scenario import load_scenario
from jobload.plan.stage import Stage

SPIKE = (
    Stage("baseline", 5.0, 10, 10, 4.0, judged=True),
    Stage("ramp-up", 2.0, 10, 50, 4.0, judged=False),
    Stage("spike", 3.0, 50, 50, 4.0, judged=True),
)


class ClockedRun:
    """A run under load in a world where waiting takes exactly as long as it is told to."""

    finishing = False
    state = SimpleNamespace(awaits_scenario=False)
    is_last_scenario = True
    phase = "load"
    over = None

    def __init__(self, rings_early_s: float, stages: tuple[Stage, ...]) -> None:
        self.stages = stages
        self.in_scenario_s = 0.0
        self._early_s = rings_early_s

    def changes_within(self, seconds: float, over: object) -> bool:
        self.in_scenario_s += max(0.0, seconds - self._early_s)
        return False

    @property
    def current(self) -> ClockedRun:
        """Its only scenario."""
        return self

    def is_over(self, in_scenario_s: float) -> bool:
        return in_scenario_s >= total_s(self.stages) - 0.002


class Runner:
    shape_last_tick = None
    spawning_greenlet = None
    state = "ready"

    def __init__(self, run: ClockedRun, slow: dict[int, float]) -> None:
        self.told: list[tuple[float, int]] = []
        self._run = run
        self._slow = slow

    def start(self, users: int, spawn_rate: float) -> None:
        self.told.append((round(self._run.in_scenario_s, 2), users))
        self._run.in_scenario_s += self._slow.get(users, 0.0005)


NEVER_TOLD: Any = SimpleNamespace()


def told(
    rings_early_s: float = 0.0,
    stages: tuple[Stage, ...] = SPIKE,
    slow: dict[int, float] | None = None,
) -> list[tuple[float, int]]:
    """(second, users) of each change, and of the end of the scenario. `slow` are seconds that
    Locust takes to start so many users."""
    run = ClockedRun(rings_early_s, stages)
    processes = SimpleNamespace(
        active=frozenset,
        changes_within=run.changes_within,
        give_users=lambda: None,
        have_changed=lambda: False,
    )
    runner = Runner(run, slow or {})
    ends: list[str] = []
    leader: Any = SimpleNamespace(
        run=run, processes=processes, runner=runner, is_master=False, finish=ends.append
    )
    conductor = Conductor(leader, run_start=NEVER_TOLD)
    shape: Any = None
    assert conductor.tick(shape) is None
    assert ends == ["completed"]
    return [*runner.told, (round(run.in_scenario_s, 2), 0)]


@pytest.mark.parametrize("rings_early_s", [0.0, 0.0004, 0.0009])
def test_the_users_of_a_new_stage_come_with_it_even_if_the_timer_rings_first(
    rings_early_s: float,
) -> None:
    assert told(rings_early_s) == [(1.0, 10), (5.0, 20), (6.0, 40), (7.0, 50), (10.0, 0)]


def test_users_change_at_ends_of_stages_between_two_whole_seconds_too() -> None:
    stages = (
        Stage("baseline", 2.5, 10, 10, 4.0, judged=True),
        Stage("ramp-up", 3.0, 10, 40, 4.0, judged=False),
        Stage("spike", 4.1, 40, 40, 4.0, judged=True),
    )
    ramp = [(2.5, 12), (3.0, 20), (4.0, 30), (5.0, 38), (5.5, 40)]
    assert told(stages=stages) == [(1.0, 10), *ramp, (9.6, 0)]


def test_users_whose_instant_passed_while_others_were_started_come_at_once() -> None:
    assert told(slow={20: 1.03})[2] == (6.03, 40)
    assert told(slow={20: 1.3})[2:] == [(6.3, 40), (7.0, 50), (10.0, 0)]


def test_of_several_instants_that_passed_meanwhile_the_last_counts() -> None:
    assert told(slow={20: 2.2})[2:] == [(7.2, 50), (10.0, 0)]


def test_each_time_that_users_are_told_it_is_known_who_has_them() -> None:
    run, given = ClockedRun(0.0, SPIKE), list[str]()
    processes = SimpleNamespace(
        give_users=lambda: given.append("all"), have_changed=lambda: len(given) == 1
    )
    runner = Runner(run, {})
    leader: Any = SimpleNamespace(run=run, processes=processes, runner=runner, is_master=False)
    users: Any = PlannedUsers(leader)
    users.begin()
    for instant_s in (0.0, 0.0, 0.0):
        users.tell(run, instant_s)
    assert given == ["all", "all"]
    assert [number for _, number in runner.told] == [0, 10, 10]


def test_a_master_does_not_wait_in_its_first_tick_for_users_that_are_still_to_come() -> None:
    """Listeners of test_start were told of all that there will be."""
    runner = SimpleNamespace(target_user_count=50)
    leader: Any = SimpleNamespace(run=object(), runner=runner, is_master=False)
    Conductor(leader, run_start=NEVER_TOLD).arm()
    assert runner.target_user_count == 0


class Awaited:
    """A run that waits for its first scenario, with a worker that nothing was heard of."""

    def __init__(self, is_gone: bool) -> None:
        scenario = load_scenario({"name": "light", "shape": "ramp", "users": 1, "duration": "9s"})
        setup: Any = SimpleNamespace(
            target_version=None, scenarios=(scenario,) * 2, tables={}, observe=None
        )
        self.run = Run(setup, "http://127.0.0.1:1", "distributed")
        self.run.collector.enroll("w1", 0.0)
        self.begun_s: list[float] = []
        self.crashes: list[Exception] = []
        self.leader: Any = SimpleNamespace(
            run=self.run,
            processes=SimpleNamespace(
                is_gone=lambda worker: is_gone,
                active=frozenset,
                give_users=lambda: None,
                have_changed=lambda: False,
            ),
            runner=SimpleNamespace(
                spawning_greenlet=None, user_count=0, shape_last_tick=None, start=lambda *_: None
            ),
            environment=SimpleNamespace(user_classes=[], runner=None),
            is_master=False,
            say=lambda run: self.begun_s.append(run.elapsed_s),
            console=SimpleNamespace(
                scenario_begins=lambda run: self.end(), waiting=lambda within_s: nullcontext()
            ),
            shape_crashed=self.crashes.append,
        )

    def end(self) -> None:
        self.run.end("sigint", "")
        self.run.conclude()

    def tick(self) -> Tick | None:
        shape: Any = None
        answer = Conductor(self.leader, run_start=NEVER_TOLD).tick(shape)
        assert self.crashes == []
        return answer


def test_a_run_that_ends_while_a_scenario_is_awaited_begins_none_and_is_no_crash() -> None:
    awaited = Awaited(is_gone=False)
    gevent.spawn_later(0.05, awaited.end)
    assert awaited.tick() is None
    assert awaited.run.begun == []


@pytest.mark.parametrize("how", ["gone", "disbelieved"])
def test_a_worker_that_is_out_of_the_run_is_waited_for_neither_before_a_scenario_nor_after(
    how: str,
) -> None:
    before, after = Awaited(is_gone=how == "gone"), Awaited(is_gone=how == "gone")
    for each in (before, after) if how == "disbelieved" else ():
        each.run.collector.disbelieve("w1", ValueError("more arrivals than planned"))
    before.tick()
    (begun_s,) = before.begun_s
    assert begun_s < 5
    after.run.begin_scenario()
    after.run.drain()
    assert after.tick() == (0, 1.0)
    assert after.run.elapsed_s < 5
