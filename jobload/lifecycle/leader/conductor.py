"""Leads a run through its scenarios and stages: answers the ticks of Locust's shape greenlet."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from locust.runners import STATE_RUNNING, STATE_SPAWNING

from jobload.judge.checks.capacity_step import judge_step
from jobload.judge.checks.outcome import CheckOutcome
from jobload.lifecycle.end_times import FINAL_WITHIN_S
from jobload.lifecycle.leader.abort import AbortGuard, breach_text
from jobload.lifecycle.leader.asked_users import AskedUsers
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.planned_users import PlannedUsers
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.run_start import RunStart
from jobload.lifecycle.leader.stage_sequence import CustomSequence, SearchSequence
from jobload.lifecycle.user_mix import apply_mix
from jobload.load.own_shape import OwnShape
from jobload.load.rows.table_share import COMPLETE_WITHIN_S
from jobload.load.staged_shape import StagedShape, Tick
from jobload.measure.snapshot import Snapshot

READY_WITHIN_S = 10.0
STARTED = (STATE_SPAWNING, STATE_RUNNING)
"""All listeners of test_start have returned by then."""
TEST_START_WITHIN_S = 60.0


class Conductor:
    """A tick lasts for a whole scenario, and starts the users of each instant itself: after an
    answer Locust would pause for what is left of a second since it asked. Stages change in a
    greenlet of their own, to the millisecond, whatever the users do.
    """

    def __init__(self, leader: Leader, run_start: RunStart) -> None:
        self._leader = leader
        self._run_start = run_start
        self._armed = False
        self._users = PlannedUsers(leader)
        self._asked = AskedUsers(leader)

    def arm(self) -> None:
        """A test starts: the next tick may begin a run. One that was ended does not begin again.

        Locust says so to a master in its first tick, when all have been told how many users there
        will be; it would wait a second for them, though none is to start yet.
        """
        self._armed = self._leader.run is None
        if not self._armed:
            self._leader.runner.target_user_count = 0

    def tick(self, shape: StagedShape) -> Tick | None:
        """None ends the test."""
        try:
            return self._tick(shape)
        except Exception as error:
            self._leader.shape_crashed(error)
            return None

    def _tick(self, shape: StagedShape) -> Tick | None:
        run = self._leader.run
        if run is None and self._armed:
            run = self._begin(shape)
        if run is None:
            return None
        if run.state.awaits_scenario:
            self._await_test_start(run)
            self._await_crew(run)
            self._await_no_users(run)
            if not run.finishing:
                self._begin_scenario(run)
        if not run.finishing:
            self._lead(run, shape)
        if run.finishing:
            run.over.wait()
            return None
        return self._end_scenario(run)

    # --- a run begins -----------------------------------------------------------------------

    def _begin(self, shape: StagedShape) -> Run | None:
        self._armed = False
        run = self._run_start.begin(shape)
        if run is None:
            return None
        gevent.spawn(self._pulse, run)
        self._users.begin()
        return run

    def _await_test_start(self, run: Run) -> None:
        """Its listeners may take their time, and to start users ends a start that still goes on."""
        runner = self._leader.runner
        if (starting := runner.spawning_greenlet) is not None:
            _wait(run, lambda: starting.ready() or runner.state in STARTED, TEST_START_WITHIN_S)

    def _await_crew(self, run: Run) -> None:
        """Until each process has taken up the plan; one that never does, the verdict will name."""

        def newest() -> list[Snapshot | None]:
            return self._newest_of_those_here(run)

        ready_s = run.elapsed_s
        _wait(
            run, lambda: all(n is not None and not n.rows_missing for n in newest()), READY_WITHIN_S
        )
        left_s = ready_s + COMPLETE_WITHIN_S - run.elapsed_s
        _wait(run, lambda: not any(n is not None and n.rows_missing for n in newest()), left_s)

    def _await_no_users(self, run: Run) -> None:
        """Users of the scenario before that still stop would count as those of the next one."""
        _wait(run, lambda: self._leader.runner.user_count == 0, READY_WITHIN_S)

    # --- a scenario -------------------------------------------------------------------------

    def _begin_scenario(self, run: Run) -> None:
        apply_mix(self._leader.environment, run.next_scenario.users_mix)
        run.begin_scenario()
        self._leader.say(run)
        self._leader.console.scenario_begins(run)
        gevent.spawn(self._change_stages, run, run.position)
        if not isinstance(run.sequence, CustomSequence):
            self._users.tell(run, 0.0)

    def _lead(self, run: Run, shape: StagedShape) -> None:
        if isinstance(shape, OwnShape) and isinstance(run.sequence, CustomSequence):
            self._asked.follow(run, run.sequence, shape)
        else:
            self._users.lead(run)

    def _change_stages(self, run: Run, position: int) -> None:
        while run.sequence.goes_on_after(run.stage_index):
            if run.sequence.ends_at_rest(run.stage_index):
                self._await_rest(run)
            else:
                run.over.wait(
                    max(0.0, run.current.stage_ends_s(run.stage_index) - run.in_scenario_s)
                )
            if run.finishing or run.position != position or run.phase != "load":
                return
            if self._is_broken(run) or self._search_is_over(run):
                return
            run.enter_stage(run.stage_index + 1)
            self._leader.say(run)

    def _await_rest(self, run: Run) -> None:
        """Until every process has told of all replies. The stage must not run out meanwhile."""
        seq = run.seq
        left_s = run.current.stage_ends_s(run.stage_index) - 1.0 - run.in_scenario_s

        def at_rest() -> bool:
            newest = self._newest_of_those_here(run)
            heard = all(n is not None and n.obeyed >= seq and not n.in_flight for n in newest)
            return heard or run.phase != "load"

        _wait(run, at_rest, left_s)

    def _newest_of_those_here(self, run: Run) -> list[Snapshot | None]:
        views = run.collector.workers.values()
        is_gone = self._leader.processes.is_gone
        return [v.newest for v in views if not (v.lost or is_gone(v.id))]

    def _search_is_over(self, run: Run) -> bool:
        """At the end of a try of a capacity search its outcome leads to the next, or to the end."""
        sequence = run.sequence
        if not isinstance(sequence, SearchSequence) or not sequence.ends_at_rest(run.stage_index):
            return False
        figures = run.live_scenario()
        step, drain = figures.stages[-2:]
        outcome = judge_step(figures, step, run.setup.checks.get(run.scenario.name, ()))
        sequence.go_on(outcome, drain.duration_s)
        self._leader.console.step_ends(run.scenario, sequence.search.tried[-1])
        if sequence.search.gave_up:
            run.current.ended_early = sequence.search.gave_up
            self._drain(run)
        return sequence.is_complete

    def _is_broken(self, run: Run) -> bool:
        """A step of a stress scenario that mostly fails ends the scenario."""
        if run.scenario.shape != "step_stress" or not run.stage.judged:
            return False
        errors = run.live_stage().error_rate_percent
        if errors is None or errors <= 50:
            return False
        run.current.ended_early = (
            f"breaking point reached at concurrency {run.stage.users}: {errors:.1f} % errors"
        )
        self._drain(run)
        return True

    def _end_scenario(self, run: Run) -> Tick | None:
        if run.is_last_scenario:
            self._leader.finish("completed")
            return None
        if run.phase == "load":
            self._drain(run)
        self._await_idle(run)
        run.rest()
        return self._users.none()

    def _drain(self, run: Run) -> None:
        run.drain()
        self._leader.say(run)

    def _await_idle(self, run: Run) -> None:
        def idle() -> bool:
            newest = self._newest_of_those_here(run)
            return all(n is not None and n.idle and n.obeyed >= run.seq for n in newest)

        with self._leader.console.waiting(run.state.drain_s):
            _wait(run, idle, run.state.drain_s + FINAL_WITHIN_S)

    def _pulse(self, run: Run) -> None:
        """Once a second: a process that does not hear this for three starts nothing new."""
        guard = AbortGuard(run, self._leader.processes)
        while not run.over.wait(1.0) and not run.finishing:
            self._leader.processes.tell(run.say() if run.phase == "load" else run.say_again())
            self._leader.processes.write_off_rows(run)
            self._leader.console.progress(run)
            if (breach := guard.breach()) is not None:
                self._abort(run, breach)

    def _abort(self, run: Run, breach: CheckOutcome) -> None:
        sentence = breach_text(breach)
        run.current.ended_early = sentence
        run.current.ended_by = breach.spec.id
        what = "The run" if breach.spec.abort == "run" else f"Scenario {run.scenario.name}"
        self._leader.console.error(f"{what} ends early: {sentence}")
        if breach.spec.abort == "run":
            self._leader.finish("aborted", f"{run.scenario.name}: {sentence}")
        else:
            self._drain(run)


def _wait(run: Run, until: Callable[[], bool], within_s: float) -> None:
    """Not any longer when the run ends."""
    deadline_s = run.elapsed_s + within_s
    while run.elapsed_s < deadline_s and not run.finishing and not until():
        gevent.sleep(0.01)
