"""How a run begins: what it is to do, and whether there is a target to do it to."""

from __future__ import annotations

import contextlib
import os
from argparse import Namespace
from copy import copy
from math import ceil
from typing import Any

import gevent

from jobload.judge.exit_code import CONFIGURATION_ERROR, INVALID
from jobload.lifecycle.leader.baseline import refuse_other_conditions
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.port.worker_token import objection_without_token
from jobload.lifecycle.run_setup import LOCUSTS_OWN, RunSetup, setup_run
from jobload.lifecycle.target.embedded import TargetError
from jobload.lifecycle.target.own_hosts import give_host
from jobload.lifecycle.user_mix import own_mix, sources_of, users_of
from jobload.load.http.http_error import HttpError
from jobload.load.own_shape import OwnShape
from jobload.load.process.assignment import Assignment
from jobload.load.staged_shape import StagedShape
from jobload.plan.plan_file import ADHOC
from jobload.plan.problem import PlanError, option_problem

VERSION_WITHIN_S = 2.0


class RunStart:
    def __init__(self, leader: Leader) -> None:
        self._leader = leader
        self._sources = sources_of(leader.environment)
        self.refusal = ""
        """Why the newest start began no run."""
        self._read: Namespace | None = None
        """The options as they were prepared for, headless, with the classes that Locust starts."""
        self._read_mix: dict[str, int | float] = {}

    def prepare(self) -> None:
        """Headless, PlanError before any load."""
        options: Any = self._leader.environment.parsed_options
        if options.headless:
            self._read, self._read_mix = self._with_started(options), self._own_mix()
            self._leader.prepared = self._setup_of_command(self._leader.environment.shape_class)

    def begin(self, shape: StagedShape) -> Run | None:
        """None: nothing begins, and the console says why."""
        leader = self._leader
        self.refusal = ""
        try:
            setup = self._prepared_anew(shape) or leader.prepared or self._setup_of_command(shape)
            leader.target.prepare_for(setup.scenarios)
            origin = leader.target.origin()
            leader.target.refuse_distant(leader.processes.active())
            self._refuse_other_conditions(setup)
        except (PlanError, TargetError) as error:
            code = INVALID if isinstance(error, TargetError) else CONFIGURATION_ERROR
            self._refuse(str(error), code)
            return None
        run = self._run(setup, leader.target.text())
        allowed = leader.target.allowed.hosts
        processes = max(1, len(leader.processes.active()))
        users = ceil(max(s.most_users for s in setup.scenarios) / processes)
        outlines = run.hand_out.outlines
        assignment = Assignment(
            run.id,
            origin,
            setup.scenarios,
            allowed,
            users,
            processes,
            outlines,
            setup.trace_share,
            self._sources,
        )
        if leader.is_master and (sentence := objection_without_token(assignment)):
            self._refuse(sentence, CONFIGURATION_ERROR)
            return None
        leader.begin(run)
        leader.console.run_begins(run)
        leader.observe(run)
        if self._target_is_silent(run):
            return None
        give_host(users_of(leader.environment), origin)
        # Only now, since who is on the roster is expected to be heard from.
        leader.processes.begin(run, assignment)
        leader.say(run)
        return run

    def _prepared_anew(self, shape: StagedShape) -> RunSetup | None:
        """Listeners of `init` may have changed weights, classes and, where they count, users, spawn
        rate and run time, as Locust lets them; not what --set says."""
        if self._read is None:
            return None
        options, now = self._with_started(self._read), self._leader.environment.parsed_options
        said = {override.partition("=")[0].strip() for override in options.overrides}
        for name, (_, field) in LOCUSTS_OWN.items() if options.scenario == ADHOC else ():
            value = getattr(now, name)
            if field not in said and value != (getattr(options, name) or 1):  # 1: filled in
                setattr(options, name, value)
        if options == self._read and self._own_mix() == self._read_mix:
            return None
        return self.setup(options, shape)

    def _with_started(self, options: Namespace) -> Namespace:
        """Locust has taken those without weight out before anybody could give them one."""
        twin = copy(options)
        twin.user_classes = self._started()
        return twin

    def _started(self) -> list[str]:
        return [user.__name__ for user in self._leader.environment.user_classes]

    def _own_mix(self) -> dict[str, int | float]:
        return own_mix(users_of(self._leader.environment), self._started())

    def call_off(self, sentence: str) -> None:
        """A run that nobody makes: it ends with reports, as any other."""
        leader = self._leader
        environment = leader.environment
        try:
            setup = leader.prepared or self._setup_of_command(environment.shape_class)
        except PlanError as error:
            self._refuse(str(error), CONFIGURATION_ERROR)
            return
        try:
            host = leader.target.text()
        except (PlanError, TargetError):
            host = environment.host or ""
        leader.begin(self._run(setup, host))
        leader.finish("no-workers" if leader.is_master else "stopped", sentence)

    def _run(self, setup: RunSetup, host: str) -> Run:
        return Run(setup, host, "distributed" if self._leader.is_master else "local")

    def _refuse(self, sentence: str, code: int) -> None:
        self.refusal = sentence
        self._leader.exit_code.run_ends(code)
        self._leader.console.error(sentence)

    def _setup_of_command(self, shape: Any) -> RunSetup:
        return self.setup(self._leader.environment.parsed_options, shape)

    def setup(self, options: Any, shape: StagedShape) -> RunSetup:
        """What the options ask for; with the class picker, which is the web UI's, of that shape."""
        custom = isinstance(shape, OwnShape)
        is_picked = options.class_picker and not options.headless
        if is_picked and not (options.scenario or options.suite or custom):
            options = _with_default(options, shape)
        users = users_of(self._leader.environment)
        setup = setup_run(options, users, os.environ, has_own_shape=custom)
        for scenario in setup.scenarios if is_picked and shape.plays else ():
            if scenario.shape != shape.plays:
                message = f"the shape {type(shape).__name__} plays no {scenario.shape} scenario"
                raise PlanError([option_problem(f"--scenario {scenario.name}", message)])
        return setup

    def _target_is_silent(self, run: Run) -> bool:
        """Ends the run when the target answers nothing, and the wait for it when the run ends."""
        probe = gevent.spawn(self._leader.target.silence, run.setup)
        while not probe.ready() and not run.finishing:
            gevent.sleep(0.01)
        if run.finishing:
            probe.kill()
            run.over.wait()
        elif (silence := probe.get()) is not None:
            self._leader.finish("no-target", silence)
        else:
            run.target_version = run.setup.target_version or self._leader.target.version
        return run.finishing

    def _refuse_other_conditions(self, setup: RunSetup) -> None:
        if (baseline := setup.baseline) is None:
            return
        version = setup.target_version
        if version is None and baseline.target_version is not None:
            # A target that says nothing is dealt with when the run has begun.
            with contextlib.suppress(HttpError):
                version = self._leader.target.ask_version(setup, VERSION_WITHIN_S)
        workers = len(self._leader.processes.active())
        refuse_other_conditions(baseline, workers, version, setup.across_versions)


def _with_default(options: Any, shape: StagedShape) -> Any:
    """The options with what a shape picked in the web UI plays by default."""
    twin = type(options)(**vars(options))
    twin.scenario, twin.suite = (shape.default, None) if shape.default else (None, "small")
    return twin
