"""How a run begins: what it is to do, and whether there is a target to do it to."""

from __future__ import annotations

import contextlib
import os
from math import ceil
from typing import Any

import gevent

from jobload.lifecycle.leader.baseline import refuse_other_conditions
from jobload.lifecycle.leader.leader import Head
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.options import RunSetup, setup_run
from jobload.lifecycle.port.worker_token import objection_without_token
from jobload.lifecycle.target.own_hosts import give_host
from jobload.lifecycle.target.target_of_run import TargetError
from jobload.lifecycle.user_mix import users_of
from jobload.load.http.http_error import HttpError
from jobload.load.process.assignment import Assignment
from jobload.plan.problem import PlanError, option_problem
from shapes.staged import StagedShape

VERSION_WITHIN_S = 2.0
CONFIGURATION_ERROR = 2
NO_TARGET = 3


class Opening:
    def __init__(self, head: Head) -> None:
        self._head = head

    def begin(self, shape: StagedShape) -> Run | None:
        """None: nothing begins, and the console says why."""
        head = self._head
        try:
            setup = head.prepared or self.setup(head.environment.parsed_options, shape)
            head.target.prepare_for(setup.scenarios)
            origin = head.target.origin()
            head.target.refuse_distant(head.crew.active())
            self._refuse_other_conditions(setup)
        except (PlanError, TargetError) as error:
            head.exit_codes.run_ends(
                NO_TARGET if isinstance(error, TargetError) else CONFIGURATION_ERROR
            )
            head.console.error(str(error))
            return None
        run = Run(setup, head.target.text(), "distributed" if head.is_master else "local")
        allowed = head.target.allowed.hosts
        users = ceil(max(s.most_users for s in setup.scenarios) / max(1, len(head.crew.active())))
        assignment = Assignment(run.id, origin, setup.scenarios, allowed, users)
        if head.is_master and (sentence := objection_without_token(assignment)):
            head.exit_codes.run_ends(CONFIGURATION_ERROR)
            head.console.error(sentence)
            return None
        head.begin(run)
        head.console.run_begins(run)
        if self._target_is_silent(run):
            return None
        give_host(users_of(head.environment), origin)
        # Only now, since who is on the roster is expected to be heard from.
        head.crew.begin(run, assignment)
        head.say(run)
        return run

    def call_off(self, sentence: str) -> None:
        """A run that has nobody to make it: it ends with reports, as any other."""
        head = self._head
        assert head.prepared is not None
        try:
            host = head.target.text()
        except (PlanError, TargetError):
            host = head.environment.host or ""
        head.begin(Run(head.prepared, host, "distributed"))
        head.finish("no-workers", sentence)

    def setup(self, options: Any, shape: StagedShape) -> RunSetup:
        """What the options ask for; with the class picker, of that shape."""
        if options.class_picker and not options.scenario and not options.suite:
            options = _with_default(options, shape)
        setup = setup_run(options, users_of(self._head.environment), os.environ)
        for scenario in setup.scenarios if options.class_picker and shape.plays else ():
            if scenario.shape != shape.plays:
                message = f"the shape {type(shape).__name__} plays no {scenario.shape} scenario"
                raise PlanError([option_problem(f"--scenario {scenario.name}", message)])
        return setup

    def _target_is_silent(self, run: Run) -> bool:
        """Ends the run when the target answers nothing, and the wait for it when the run ends."""
        probe = gevent.spawn(self._head.target.silence, run.setup)
        while not probe.ready() and not run.finishing:
            gevent.sleep(0.01)
        if run.finishing:
            probe.kill()
            run.over.wait()
        elif (silence := probe.get()) is not None:
            self._head.finish("no-target", silence)
        else:
            run.target_version = run.setup.target_version or self._head.target.version
        return run.finishing

    def _refuse_other_conditions(self, setup: RunSetup) -> None:
        if (baseline := setup.baseline) is None:
            return
        version = setup.target_version
        if version is None and baseline.target_version is not None:
            # A target that says nothing is dealt with when the run has begun.
            with contextlib.suppress(HttpError):
                version = self._head.target.ask_version(setup, VERSION_WITHIN_S)
        workers = len(self._head.crew.active())
        refuse_other_conditions(baseline, workers, version, setup.across_versions)


def _with_default(options: Any, shape: StagedShape) -> Any:
    """The options with what a shape picked in the web UI plays by default."""
    twin = type(options)(**vars(options))
    twin.scenario, twin.suite = (shape.default, None) if shape.default else (None, "small")
    return twin
