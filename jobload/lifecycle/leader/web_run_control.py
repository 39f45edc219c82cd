"""Answers the web UI: what runs, and whether what its form asks for can begin."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gevent
from locust.runners import STATE_RUNNING, STATE_SPAWNING, STATE_STOPPING

from jobload.lifecycle.files import find_scenarios
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.run_start import RunStart
from jobload.lifecycle.run_setup import RunSetup
from jobload.lifecycle.shapes import default_shape
from jobload.lifecycle.user_mix import users_of
from jobload.load.http.origin import Origin, OriginError
from jobload.load.staged_shape import StagedShape
from jobload.plan.plan_file import ADHOC, PlanFile, load_plan_file
from jobload.plan.problem import PlanError, did_you_mean
from jobload.report.result.redact import redacted
from jobload.web.run_control import StartRequest

BUSY = (STATE_SPAWNING, STATE_RUNNING, STATE_STOPPING)
DEFAULT_SHAPE = "Default"
STOPPED = "Stopped before the run had begun."


class LeaderRunControl:
    def __init__(self, leader: Leader, run_start: RunStart) -> None:
        self._leader = leader
        self._run_start = run_start
        options: Any = leader.environment.parsed_options
        self._options = options
        self.host = leader.environment.host or ""
        self.results_dir = Path(options.results)
        plan = self._plan_file()
        names = plan.scenarios if plan else ()
        self.scenario_names: Sequence[str] = [*dict.fromkeys([*names, ADHOC])]
        self.suite_names: Sequence[str] = [*(plan.suites if plan else ())]

    @property
    def run(self) -> Run | None:
        return self._leader.latest

    @property
    def shown_host(self) -> str:
        run = self.run
        return redacted(run.host) if run is not None else ""

    @property
    def is_busy(self) -> bool:
        runner = self._leader.runner
        shape = runner.shape_greenlet
        going_on = shape is not None and not shape.ready()
        return self._leader.run is not None or going_on or runner.state in BUSY

    def start(self, request: StartRequest) -> str | None:
        leader, environment = self._leader, self._leader.environment
        try:
            origin = self._origin(request.host)
            shape = self._shape(request.shape_class)
            classes = self._classes(request.user_classes)
            setup = self._setup(request, shape)
        except (OriginError, PlanError, _UnknownNameError) as error:
            return str(error)
        if origin is not None and (sentence := leader.target.allowed.refusal(origin)):
            return sentence
        if not leader.processes.active():
            return "No worker is connected, so there is nobody to make load."
        environment.host = None if origin is None else str(origin)
        environment.shape_class = shape
        environment.user_classes = classes
        leader.prepared = setup
        before = leader.latest
        leader.runner.start_shape()
        return self._await_begin(before)

    def _await_begin(self, before: Run | None) -> str | None:
        """What is said to begin has a result, whatever comes."""
        starting = self._leader.runner.shape_greenlet
        while self._leader.latest is before:
            if starting is None or starting.ready():
                return self._run_start.refusal or STOPPED
            gevent.sleep(0.01)
        return None

    def _origin(self, host: str) -> Origin | None:
        """None where the users of the locustfile name theirs, and the form none."""
        if not host and self._leader.target.own_hosts.are_everyones:
            return None
        return Origin.parse(host)

    def _setup(self, request: StartRequest, shape: StagedShape) -> RunSetup:
        rate = [f"rate={request.rate}"] if request.rate else []
        options = Namespace(
            **{
                **vars(self._options),
                "scenario": request.scenario,
                "suite": request.suite,
                "no_rate": request.no_rate,
                "profile_only": request.profile_only,
                "baseline": str(request.baseline or self._options.baseline or "") or None,
                "num_users": request.users,
                "spawn_rate": request.spawn_rate,
                "run_time": request.run_time_s,
                "overrides": [*self._options.overrides, *rate],
            }
        )
        return self._run_start.setup(options, shape)

    def _shape(self, name: str | None) -> StagedShape:
        shapes: Mapping[str, Any] = self._leader.environment.available_shape_classes or {}
        shape: StagedShape
        if name is None or name == DEFAULT_SHAPE:
            shape = default_shape(shapes)
        else:
            shape = _named("shape", name, shapes)
        shape.runner = self._leader.runner
        return shape

    def _classes(self, names: Sequence[str]) -> list[Any]:
        known = users_of(self._leader.environment)
        return [_named("user", name, known) for name in names] or list(known.values())

    def _plan_file(self) -> PlanFile | None:
        try:
            return load_plan_file(find_scenarios(self._options.scenarios))
        except PlanError:
            return None


def _named(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        guess = did_you_mean(name, known)
        raise _UnknownNameError(f"No {kind} class is called {name!r}; {guess}")
    return known[name]


class _UnknownNameError(Exception):
    """One sentence."""
