"""The processes that make the load, as the one that leads them sees them."""

from __future__ import annotations

from typing import Any, Protocol

import gevent
from locust.runners import STATE_MISSING, MasterRunner

from jobload.lifecycle.run import Run
from jobload.load.agent import Agent
from jobload.load.assignment import Assignment
from jobload.load.state import State, to_wire
from jobload.measure.snapshot import Snapshot

STATE_MESSAGE = "jobload.state"
ASSIGNMENT_OPTION = "jobload_assignment"
STATE_OPTION = "jobload_state"


class Crew(Protocol):
    def begin(self, run: Run, assignment: Assignment) -> None:
        """Puts everyone on the roster and gives them the plan."""

    def tell(self, state: State) -> None: ...

    def active(self) -> frozenset[str]:
        """Those that can take users now."""

    def is_gone(self, worker: str) -> bool: ...

    def may_wait(self) -> bool:
        """Whether the current greenlet may wait for the others' words."""


class LocalCrew:
    """This process alone."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def begin(self, run: Run, assignment: Assignment) -> None:
        run.collector.enroll(self._agent.worker, run.elapsed_s)
        self._agent.begin(assignment)

    def tell(self, state: State) -> None:
        self._agent.follow(state)

    def active(self) -> frozenset[str]:
        return frozenset({self._agent.worker})

    def is_gone(self, worker: str) -> bool:
        return False

    def may_wait(self) -> bool:
        return True


class WorkerCrew:
    """Workers of a master. What they must know rides in the options of Locust's spawn messages
    too, so that one that comes late needs no handshake."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._options: Any = runner.environment.parsed_options
        self._listeners: set[object] = set()

    def begin(self, run: Run, assignment: Assignment) -> None:
        for worker in self.active():
            run.collector.enroll(worker, run.elapsed_s)
        setattr(self._options, ASSIGNMENT_OPTION, assignment.to_json())

    def tell(self, state: State) -> None:
        wire: Any = to_wire(state)  # Locust says a dict, and packs what it gets
        setattr(self._options, STATE_OPTION, wire)
        self._runner.send_message(STATE_MESSAGE, wire)

    def active(self) -> frozenset[str]:
        clients = self._runner.clients
        return frozenset(c.id for c in clients.ready + clients.spawning + clients.running)

    def is_gone(self, worker: str) -> bool:
        client = self._runner.clients.get(worker)
        return client is None or client.state == STATE_MISSING

    def may_wait(self) -> bool:
        return gevent.getcurrent() not in self._listeners

    def on_connect(self) -> None:
        """Notes the greenlet that carries the workers' words: to wait in it would silence them."""
        self._listeners.add(gevent.getcurrent())

    def on_snapshot(self, run: Run | None, sender: str, packed: object) -> None:
        if run is None:
            return
        if not run.finishing and sender in self.active():
            # One that came after the start; the others are on the roster already.
            run.collector.enroll(sender, run.elapsed_s, late=True)
        taken = run.collector.receive(sender, packed, run.elapsed_s)
        if taken is not None and taken.final and not run.finishing:
            run.collector.workers[sender].left_s = run.elapsed_s


def on_local_snapshot(run: Run | None, snapshot: Snapshot) -> None:
    if run is not None:
        run.collector.take(snapshot, run.elapsed_s)
