"""The workers of a master, as it sees them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, TypeGuard

import gevent
from gevent.event import Event
from locust.runners import (
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    MasterRunner,
    WorkerNode,
)
from msgspec.structs import replace

from jobload.lifecycle.leader.load_processes import LoadProcesses
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.port.worker_messages import (
    ASSIGNMENT_OPTION,
    ROWS_MESSAGE,
    STATE_MESSAGE,
    MalformedMessageError,
)
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State, to_wire
from jobload.load.rows.holding import ImpossibleRowsError
from jobload.load.rows.messages import Letter, MalformedRowsError, decode_wanted, encode

ACTIVE = (STATE_INIT, STATE_SPAWNING, STATE_RUNNING)
MUTE_AFTER_BEATS = 10
"""A worker reports each second, on the same way as the heartbeats of its Locust: where so many came
since its last report, that it lives is all that will be heard of it."""
LEAVER_SILENT_S = 5.0
"""A worker that leaves reports each second; after so long it has gone without its last word."""
HEARTBEATS_LEFT = 1
"""Of the three that Locust counts down, one a second, before it takes a worker for missing and its
users are started elsewhere. By then it shall have paused, though it may hear all that is said: a
link can be dead in one direction only. So it is told nothing from now on."""


class WorkerProcesses(LoadProcesses):
    """Workers of a master. The plan rides in the options of Locust's spawn messages, so that one
    that comes late has it with its users. Where the run stands does not: it is told each of whom it
    is known that it has taken up the plan, and nobody who is hardly heard any more."""

    def __init__(self, runner: MasterRunner) -> None:
        self._runner = runner
        self._options: Any = runner.environment.parsed_options
        self._listeners: set[object] = set()
        self._run_id = ""
        self._roster: Collection[str] = ()
        self._have_users: frozenset[str] = frozenset()
        self._replaced: frozenset[str] = frozenset()
        """Others have their users."""
        self._leaving: dict[str, float] = {}
        """Still to say their last word, with when they were heard last."""
        self._beats: Counter[str] = Counter()
        """Of each worker, since its last report."""
        self._changed = Event()

    def begin(self, run: Run, assignment: Assignment) -> None:
        self._run_id, self._roster = run.id, run.collector.workers
        self._beats.clear()
        self._have_users, self._replaced = self.active(), frozenset()
        self._leaving.clear()
        for worker in sorted(self._have_users):
            run.collector.enroll(worker, run.elapsed_s)
        setattr(self._options, ASSIGNMENT_OPTION, assignment.to_json())

    def tell(self, state: State) -> None:
        self._replaced |= {client.id for client in self._runner.clients.missing}
        self._tell(state, self._runner.clients.all)

    def _tell(self, state: State, clients: Iterable[WorkerNode]) -> None:
        for client in clients:
            if state.phase != "load" or self._makes_load(client):
                wire: Any = to_wire(replace(state, users=self._users_of(client.id)))
                self._runner.send_message(STATE_MESSAGE, wire, client_id=client.id)

    def _users_of(self, worker: str) -> int | None:
        """So many it was told to have; it may not have heard."""
        dispatcher = self._runner._users_dispatcher
        if dispatcher is None:
            return None
        return sum(dispatcher._users_on_workers.get(worker, {}).values())

    def _makes_load(self, client: WorkerNode) -> bool:
        """Only who is on the roster: of others nobody would wait for the last word."""
        belongs = client.id in self._roster and client.id not in self._replaced
        return belongs and client.heartbeat > HEARTBEATS_LEFT

    def give_users(self) -> None:
        """Who was missing hears of the load when it can take some again, and no sooner."""
        self._have_users = self.active()
        self._replaced = frozenset(self._roster) - self._have_users

    def have_changed(self) -> bool:
        active = self.active()
        return active != self._have_users or not self._replaced.isdisjoint(active)

    def active(self) -> frozenset[str]:
        return frozenset(c.id for c in self._runner.clients.all if c.state in ACTIVE)

    def _is_active(self, worker: str) -> bool:
        """Asked for each message of each worker, where `active` would look at all of them."""
        client = self._runner.clients.get(worker)
        return client is not None and client.state in ACTIVE

    def is_gone(self, worker: str) -> bool:
        client = self._runner.clients.get(worker)
        if (heard_s := self._leaving.get(worker)) is not None:
            return perf_counter() - heard_s > LEAVER_SILENT_S
        is_mute = self._beats[worker] > MUTE_AFTER_BEATS
        return client is None or client.state == STATE_MISSING or is_mute

    def changes_within(self, seconds: float, over: Event) -> bool:
        gevent.wait((over, self._changed), seconds, count=1)
        changed: bool = self._changed.is_set()
        self._changed.clear()
        return changed

    def write_off_rows(self, run: Run) -> None:
        for worker, view in run.collector.workers.items():
            if not view.final and self.is_gone(worker):
                self._post(run.hand_out.lost(worker))

    def _post(self, letters: Iterable[Letter]) -> None:
        for worker, answer in letters:
            wire: Any = encode(answer)
            self._runner.send_message(ROWS_MESSAGE, wire, worker)

    def on_rows_wanted(self, run: Run | None, sender: str, packed: object) -> None:
        try:
            wanted = decode_wanted(packed)
        except MalformedRowsError as error:
            raise MalformedMessageError(f"it could not be read: {error}") from None
        if not self._has_begun(run) or wanted.run_id != run.id:
            return
        view = run.collector.workers.get(sender)
        if view is not None and not view.lost:
            with _believed(run, sender):
                self._post(run.hand_out.wanted(sender, wanted))

    def may_wait(self) -> bool:
        return gevent.getcurrent() not in self._listeners

    def on_connect(self) -> None:
        """Notes the greenlet that carries the workers' words: to wait in it would silence them."""
        self._listeners.add(gevent.getcurrent())

    def on_heartbeat(self, worker: str) -> None:
        """While listeners of test_start go on, none has the plan, and something to report."""
        if self._runner.state not in (STATE_INIT, STATE_STOPPED):
            self._beats[worker] += 1

    def _has_begun(self, run: Run | None) -> TypeGuard[Run]:
        return run is not None and run.id == self._run_id

    def on_leaving(self, run: Run | None, worker: str) -> bool:
        """A worker of the run was told to end, and still ends what is in flight. False if it leaves
        nobody to go on with.

        What Locust 2.47 does when a worker quits (`runners.py`, `MasterRunner.handle_message`), but
        without starting users elsewhere in this greenlet, which would deafen it for a second.
        """
        if not self._has_begun(run) or run.finishing or not self._is_active(worker):
            return True
        self._leaving[worker] = perf_counter()
        if self.active() == {worker}:
            return False
        client = self._runner.clients[worker]
        del self._runner.clients[worker]
        if self._runner._users_dispatcher is not None:
            self._runner._users_dispatcher.remove_worker(client)
        self._changed.set()
        return True

    def on_snapshot(self, run: Run | None, sender: str, packed: object) -> None:
        if not self._has_begun(run):
            return
        is_new = sender not in run.collector.workers and not run.finishing
        if is_new and self._is_active(sender):
            run.collector.enroll(sender, run.elapsed_s, late=True)
            self._changed.set()
        view = run.collector.workers.get(sender)
        if view is not None and view.newest is None:
            view.heard_s = run.elapsed_s  # it was not silent: it had nothing to say
            if (client := self._runner.clients.get(sender)) is not None:
                self._tell(run.say_again(), [client])
        taken = run.collector.receive(sender, packed, run.elapsed_s)
        if sender in self._leaving:
            self._leaving[sender] = perf_counter()
        if taken is None:
            return
        self._beats[sender] = 0
        with _believed(run, sender):
            self._post(run.hand_out.told(sender, taken.rows, taken.final))
        if not taken.final:
            return
        self._leaving.pop(sender, None)
        if not run.finishing:
            run.collector.workers[sender].left_s = run.elapsed_s


@contextmanager
def _believed(run: Run, worker: str) -> Iterator[None]:
    """No more, if it says of rows what can't be."""
    try:
        yield
    except ImpossibleRowsError as error:
        run.collector.disbelieve(worker, error)
