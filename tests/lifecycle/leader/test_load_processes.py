"""Workers that come and go, as the master sees them."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import Event
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_RUNNING, MasterRunner

from jobload.lifecycle.leader.load_processes import STATE_OPTION, WorkerProcesses
from jobload.lifecycle.leader.run import Run
from jobload.load.process.state import from_wire
from jobload.measure.snapshot import Snapshot, encode


class Master:
    """A real one, to which workers are introduced without being there."""

    def __init__(self) -> None:
        environment: Any = Environment(user_classes=[], events=None)
        environment.parsed_options = SimpleNamespace(enable_rebalancing=False)
        self.runner: Any = MasterRunner(environment, "127.0.0.1", 0)
        self.options = environment.parsed_options
        self.processes = WorkerProcesses(self.runner)
        setup: Any = SimpleNamespace(target_version=None, scenarios=(), tables={})
        self.run = Run(setup, "http://127.0.0.1:1", "distributed")
        self.seq = 0

    def introduce(self, *workers: str) -> None:
        for worker in workers:
            self.runner.handle_message(worker, Message("client_ready", -1, worker))
            self.runner.clients[worker].state = STATE_RUNNING

    def begin(self) -> None:
        assignment: Any = SimpleNamespace(to_json=lambda: "{}")
        self.processes.begin(self.run, assignment)
        self.processes.tell(self.run.say())

    def hear(self, worker: str, final: bool = False) -> None:
        self.seq += 1
        snapshot = Snapshot(
            run_id=self.run.id,
            worker=worker,
            seq=self.seq,
            second=0,
            obeyed=0,
            idle=True,
            final=final,
            users=0,
            in_flight=0,
            backlog=0,
            cpu_percent=0.0,
            pauses=[],
            crashes=[],
            stages=[],
            ledger=[],
            ledger_complete=True,
        )
        self.processes.on_snapshot(self.run, worker, encode(snapshot))

    def changes(self) -> bool:
        return self.processes.changes_within(0.0, Event())


@pytest.fixture
def master() -> Iterator[Master]:
    made = Master()
    yield made
    made.runner.greenlet.kill()
    context = made.runner.server.socket.context
    made.runner.server.close()
    context.destroy(linger=0)


def test_one_that_leaves_gets_no_more_users_and_is_waited_for(master: Master) -> None:
    master.introduce("w1", "w2")
    master.begin()
    assert master.processes.on_leaving(master.run, "w1")
    assert master.processes.active() == {"w2"}
    assert not master.processes.is_gone("w1")
    assert master.changes()


def test_it_is_gone_when_it_has_said_its_last_word(master: Master) -> None:
    master.introduce("w1", "w2")
    master.begin()
    master.processes.on_leaving(master.run, "w1")
    master.hear("w1", final=True)
    assert master.processes.is_gone("w1")
    assert master.run.collector.workers["w1"].left_s is not None


def test_nobody_is_left_when_the_last_one_leaves(master: Master) -> None:
    master.introduce("w1", "w2")
    master.begin()
    assert master.processes.on_leaving(master.run, "w2")
    assert not master.processes.on_leaving(master.run, "w1")
    assert not master.processes.is_gone("w1")


def test_one_that_leaves_between_runs_or_at_the_end_matters_to_no_run(master: Master) -> None:
    master.introduce("w1")
    assert master.processes.on_leaving(None, "w1")
    master.begin()
    master.run.end("completed", "")
    assert master.processes.on_leaving(master.run, "w1")
    assert master.processes.active() == {"w1"}


def test_a_stranger_that_leaves_takes_nobody_along(master: Master) -> None:
    master.introduce("w1")
    master.begin()
    assert master.processes.on_leaving(master.run, "w9")
    assert master.processes.active() == {"w1"}


def test_one_that_comes_late_is_told_the_time_at_once(master: Master) -> None:
    master.introduce("w1")
    master.begin()
    master.run._zero_s -= 9.0
    master.introduce("w2")
    master.hear("w2")
    word = from_wire(getattr(master.options, STATE_OPTION))
    assert word is not None
    assert word.elapsed_s == pytest.approx(master.run.elapsed_s, abs=0.05)
    assert word.seq == master.run.seq
    assert master.run.collector.workers["w2"].late
    assert master.changes()


def test_what_a_newcomer_is_sent_first_shows_the_time_too(master: Master) -> None:
    master.introduce("w1")
    master.begin()
    master.run._zero_s -= 9.0
    master.processes.on_connect(master.run)
    word = from_wire(getattr(master.options, STATE_OPTION))
    assert word is not None
    assert word.elapsed_s > 9.0


def test_who_had_nothing_to_say_yet_was_not_silent(master: Master) -> None:
    master.introduce("w1")
    master.begin()
    master.run._zero_s -= 9.0
    master.hear("w1")
    assert master.run.collector.workers["w1"].longest_silence_s < 0.5
    master.run._zero_s -= 4.0
    master.hear("w1")
    assert master.run.collector.workers["w1"].longest_silence_s > 3.5


def test_waiting_for_changes_ends_with_the_time_the_run_or_a_change(master: Master) -> None:
    master.introduce("w1", "w2")
    master.begin()
    over = Event()
    began_s = perf_counter()
    assert not master.processes.changes_within(0.05, over)
    assert perf_counter() - began_s >= 0.04
    gevent.spawn(master.processes.on_leaving, master.run, "w1")
    assert master.processes.changes_within(5.0, over)
    gevent.spawn(over.set)
    assert not master.processes.changes_within(5.0, over)
    assert perf_counter() - began_s < 2.0
