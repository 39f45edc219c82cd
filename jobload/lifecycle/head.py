"""Leads a run: users, stages, drain, verdict. One per process that judges (master or local)."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import STATE_MISSING, LocalRunner, MasterRunner

from jobload.lifecycle.conclude import conclude
from jobload.lifecycle.console import Console
from jobload.lifecycle.exit_code import ExitCodes
from jobload.lifecycle.options import RunSetup, setup_run
from jobload.lifecycle.run import Run
from jobload.lifecycle.target import TargetError, TargetOfRun
from jobload.load.agent import Agent
from jobload.load.assignment import Assignment
from jobload.load.origin import Origin
from jobload.load.state import to_wire
from jobload.measure.figures import EndReason
from jobload.measure.snapshot import Snapshot
from jobload.plan.problem import PlanError, option_problem
from jobload.plan.profile import mean_users
from shapes.staged import StagedShape, Tick

STATE_MESSAGE = "jobload.state"
SNAPSHOT_MESSAGE = "jobload.snapshot"
ASSIGNMENT_OPTION = "jobload_assignment"
STATE_OPTION = "jobload_state"

READY_WITHIN_S = 10.0
FINAL_WITHIN_S = 5.0
STOP_TIMEOUT_S = 3600.0
"""Users are never cut off by Locust: what is in flight ends by itself or is censored by us."""


class Head:
    """`tick` and `finish` are the two doors: the one leads through the run, the other out of it."""

    def __init__(
        self, environment: Environment, runner: LocalRunner | MasterRunner, agent: Agent | None
    ) -> None:
        self.environment = environment
        self.runner = runner
        self.agent = agent
        self.options: Any = environment.parsed_options
        self.prepared: RunSetup | None = None
        """What the command line asks for, read before Locust fills in defaults of its own."""
        self.run: Run | None = None
        self.exit_codes = ExitCodes(environment)
        self.target = TargetOfRun(environment)
        self.console = Console(self.options)
        self.deaf_greenlets: set[object] = set()
        """Greenlets that carry the workers' messages: waiting in one would silence them."""
        self._background: list[gevent.Greenlet[..., Any]] = []
        self._last_tick: Tick = (0, 1.0)
        self._nudge = 0.0
        self._armed = False
        self._active: frozenset[str] = frozenset()

    # --- the way through a run --------------------------------------------------------------

    def arm(self) -> None:
        """A test starts: the next tick may begin a run. One that was ended does not begin again."""
        self._armed = self.run is None

    def tick(self, shape: StagedShape) -> Tick | None:
        """What Locust's shape greenlet asks about once a second; None ends the test.

        Users change on whole seconds of the scenario and ends of stages, to the millisecond: this
        waits for the instant and then answers, so that Locust's own pause of "about a second"
        does not add up.
        """
        try:
            return self._tick(shape)
        except Exception as error:
            self._crashed("shape", error)
            return None

    def _tick(self, shape: StagedShape) -> Tick | None:
        run = self.run
        if run is None:
            return self._begin(shape) if self._armed else None
        if run.finishing:
            run.over.wait()
            return None
        if run.phase == "prepare":
            self._await_workers(run)
            self._begin_scenario(run)
        elif run.phase == "drain":
            self._begin_scenario(run)
        run.over.wait(max(0.0, run.next_instant_s() - run.in_scenario_s))
        if run.finishing:
            return self._tick(shape)
        if run.phase == "drain" or run.scenario_is_over():
            return self._end_scenario(run)
        return self._users_now(run)

    def _begin(self, shape: StagedShape) -> Tick | None:
        """The first tick of a run starts no user yet; it makes Locust send the plan to everyone."""
        self._armed = False
        try:
            setup = self._setup(shape)
            host = self.target.url()
        except (PlanError, TargetError) as error:
            self._refuse(error)
            return None
        run = self.run = Run(setup, host, "local" if self.agent else "distributed")
        self.exit_codes.run_begins()
        self.environment.stop_timeout = STOP_TIMEOUT_S
        assignment = Assignment(run.id, Origin.parse(host), setup.scenarios)
        setattr(self.options, ASSIGNMENT_OPTION, assignment.to_json())
        self._enroll_workers(run)
        if self.agent is not None:
            self.agent.begin(assignment)
        self._say(run)
        self.console.run_begins(run)
        if (problem := self.target.silence()) is not None:
            self.finish("no-target", problem)
            return None
        self._background = [gevent.spawn(self._pulse, run)]
        return self._remember((0, 1.0))

    def _setup(self, shape: StagedShape) -> RunSetup:
        if self.prepared is not None:
            return self.prepared
        names = [user.__name__ for user in self.environment.user_classes]
        options = self.options
        if options.class_picker and not options.scenario and not options.suite:
            options = _with_default(options, shape)
        setup = setup_run(options, names, os.environ)
        for scenario in setup.scenarios if options.class_picker and shape.plays else ():
            if scenario.shape != shape.plays:
                message = f"the shape {type(shape).__name__} plays no {scenario.shape} scenario"
                raise PlanError([option_problem(f"--scenario {scenario.name}", message)])
        return setup

    def _refuse(self, error: Exception) -> None:
        self.exit_codes.run_ends(3 if isinstance(error, TargetError) else 2)
        self.console.error(str(error))

    def _enroll_workers(self, run: Run) -> None:
        if self.agent is not None:
            run.collector.enroll(self.agent.worker, run.elapsed_s)
            return
        self._active = self._active_workers()
        for worker in self._active:
            run.collector.enroll(worker, run.elapsed_s)

    def _await_workers(self, run: Run) -> None:
        """Until each process has taken up the plan; one that never does is caught by the verdict."""
        deadline_s = run.elapsed_s + READY_WITHIN_S
        while run.elapsed_s < deadline_s and not run.finishing:
            views = run.collector.workers.values()
            if all(view.newest is not None for view in views):
                return
            gevent.sleep(0.02)

    def _begin_scenario(self, run: Run) -> None:
        self._set_user_mix(run.setup.scenarios[run.position + 1].users_mix)
        run.begin_scenario()
        self._say(run)
        self.console.scenario_begins(run)
        self._background.append(gevent.spawn(self._change_stages, run, run.position))
        users, spawn_rate = self._users_now(run)
        self.runner.start(users, spawn_rate)

    def _set_user_mix(self, mix: dict[str, int]) -> None:
        for user_class in self.environment.user_classes:
            user_class.weight = mix.get(user_class.__name__, 0)

    def _users_now(self, run: Run) -> Tick:
        """The mean of the next second of the profile, so that a ramp in steps keeps its area."""
        now_s = max(0.0, run.in_scenario_s)
        until_s = min(now_s + 1.0, run.stage_ends_s(run.stage_index))
        users = round(mean_users(run.stages, now_s, max(until_s, now_s + 0.001)))
        if users == self._last_tick[0] and not self._workers_changed(run):
            return self._last_tick
        change = max(1.0, abs(users - self._last_tick[0]))
        return self._remember((max(1, users), change + self._nudge))

    def _workers_changed(self, run: Run) -> bool:
        """Locust moves users to other workers only when a tick differs from the one before."""
        if self.agent is not None or (active := self._active_workers()) == self._active:
            return False
        self._active = active
        self._nudge = 0.001 - self._nudge
        return True

    def _remember(self, tick: Tick) -> Tick:
        self._last_tick = tick
        return tick

    def _change_stages(self, run: Run, position: int) -> None:
        """Enters each stage at its time, whatever the users do."""
        for index in range(1, len(run.stages)):
            run.over.wait(max(0.0, run.stage_ends_s(index - 1) - run.in_scenario_s))
            if run.finishing or run.position != position or run.phase != "load":
                return
            if self._broke(run):
                return
            run.enter_stage(index)
            self._say(run)

    def _broke(self, run: Run) -> bool:
        """A step of a stress scenario that mostly fails ends the scenario."""
        if run.scenario.shape != "step_stress" or not run.stage.judged:
            return False
        figures = run.live_stage()
        errors = figures.error_rate_percent
        if errors is None or errors <= 50:
            return False
        run.ended_early[run.position] = (
            f"breaking point reached at concurrency {run.stage.users}: {errors:.1f} % errors"
        )
        run.begin_drain("drain", run.scenario.timeout_s)
        self._say(run)
        return True

    def _end_scenario(self, run: Run) -> Tick | None:
        if run.is_last_scenario:
            self.finish("completed")
            return None
        if run.phase == "load":
            run.begin_drain("drain", run.scenario.timeout_s)
            self._say(run)
        self._await_idle(run)
        return self._remember((0, max(1.0, float(self._last_tick[0]))))

    def _await_idle(self, run: Run) -> None:
        deadline_s = run.elapsed_s + run.drain_s + FINAL_WITHIN_S
        while run.elapsed_s < deadline_s and not run.finishing:
            pending = [
                view
                for view in run.collector.workers.values()
                if not self._is_gone(view.id)
                and (view.newest is None or not view.newest.idle or view.newest.obeyed < run.seq)
            ]
            if not pending:
                return
            gevent.sleep(0.01)

    def _pulse(self, run: Run) -> None:
        """Once a second: a process that does not hear this for three starts nothing new."""
        while not run.finishing:
            run.over.wait(1.0)
            if run.finishing:
                return
            if run.phase == "load":
                self._say(run)
            else:
                self._repeat(run)
            self.console.progress(run)

    # --- words to and from the processes ----------------------------------------------------

    def _say(self, run: Run) -> None:
        """Tells all processes where the run stands; late ones find it in their options."""
        state = run.say()
        self._wire = to_wire(state)
        setattr(self.options, STATE_OPTION, self._wire)
        if self.agent is not None:
            self.agent.follow(state)
        else:
            self.runner.send_message(STATE_MESSAGE, self._wire)

    def _repeat(self, run: Run) -> None:
        if self.agent is None:
            self.runner.send_message(STATE_MESSAGE, self._wire)

    def on_local_snapshot(self, snapshot: Snapshot) -> None:
        if self.run is not None:
            self.run.collector.take(snapshot, self.run.elapsed_s)

    def on_snapshot_message(self, sender: str, packed: object) -> None:
        run = self.run
        if run is None:
            return
        if not run.finishing and sender in self._active_workers():
            # One that came after the start; the others are on the roster already.
            run.collector.enroll(sender, run.elapsed_s, late=True)
        run.collector.receive(sender, packed, run.elapsed_s)

    def on_worker_connected(self) -> None:
        self.deaf_greenlets.add(gevent.getcurrent())

    def _active_workers(self) -> frozenset[str]:
        clients = self.runner.clients  # type: ignore[union-attr]
        return frozenset(c.id for c in clients.ready + clients.spawning + clients.running)

    def _is_gone(self, worker: str) -> bool:
        if self.agent is not None:
            return False
        client = self.runner.clients.get(worker)  # type: ignore[union-attr]
        return client is None or client.state == STATE_MISSING

    # --- the way out ------------------------------------------------------------------------

    def finish(self, reason: EndReason, detail: str = "") -> None:
        """Drains, judges, reports and sets the exit code, once; later callers wait for that."""
        run = self.run
        if run is None:
            return
        if run.finishing:
            self._hurry(run, reason)
            if self._may_wait():
                run.over.wait()
            return
        run.finishing = True
        run.end_reason, run.end_detail = reason, detail
        run.interrupted = reason != "completed"
        run.begin_drain("end", run.longest_timeout_s if run.position >= 0 else 0.0)
        try:
            self._say(run)
            if self._may_wait():
                self._await_finals(run)
            self._conclude(run)
        finally:
            run.over.set()
            self.run = None
            self.environment.stop_timeout = 0.0

    def _hurry(self, run: Run, reason: EndReason) -> None:
        """A second signal: what is in flight is censored now."""
        if reason in ("sigint", "sigterm") and run.drain_s:
            run.drain_s = 0.0
            self._say(run)

    def _may_wait(self) -> bool:
        return gevent.getcurrent() not in self.deaf_greenlets

    def _await_finals(self, run: Run) -> None:
        asked_s = run.elapsed_s
        while run.elapsed_s < asked_s + run.drain_s + FINAL_WITHIN_S:
            pending = [
                view
                for view in run.collector.workers.values()
                if not view.final and not self._is_gone(view.id)
            ]
            if not pending:
                return
            gevent.sleep(0.01)

    def _conclude(self, run: Run) -> None:
        for view in list(run.collector.workers.values()):
            if not view.final:
                run.collector.write_off(view.id)
        self.console.end_progress()
        try:
            self.exit_codes.run_ends(conclude(run))
        except Exception as error:
            self.exit_codes.run_ends(3)
            self.console.error(f"The verdict could not be reached: {error!r}")
            self.console.debug(traceback.format_exc())

    def _crashed(self, where: str, error: Exception) -> None:
        self.console.error(f"{where} raised {type(error).__name__}: {error}")
        self.console.debug(traceback.format_exc())
        if self.run is not None:
            self.run.add_crash(f"{where}: {type(error).__name__}: {error}")
            self.finish("crashed", f"{type(error).__name__}: {error}")

    def guard(self, action: Callable[[], None], where: str) -> None:
        try:
            action()
        except Exception as error:
            self._crashed(where, error)


def _with_default(options: Any, shape: StagedShape) -> Any:
    """The options with the scenario that a shape picked in the web UI plays by default."""
    twin = type(options)(**vars(options))
    if shape.default is not None:
        twin.scenario = shape.default
    else:
        twin.suite = "small"
    return twin
