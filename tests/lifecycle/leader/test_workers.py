"""Workers that come and go, as the master sees them."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from types import SimpleNamespace
from typing import Any, TypeVar

import gevent
import pytest
from gevent.event import Event
from locust.env import Environment
from locust.rpc import Message
from locust.runners import (
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_STOPPED,
    MasterRunner,
    WorkerNodes,
)
from made_snapshot import snapshot
from msgspec.structs import replace

from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.workers import MUTE_AFTER_BEATS, WorkerProcesses
from jobload.lifecycle.port.worker_messages import (
    ASSIGNMENT_OPTION,
    ROWS_MESSAGE,
    STATE_MESSAGE,
    MalformedMessageError,
)
from jobload.load.process.state import Phase, from_wire
from jobload.load.rows.hand_out import HandOut
from jobload.load.rows.messages import Recalled, Spent, Wanted, decode_answer
from jobload.load.rows.messages import encode as encode_rows
from jobload.measure.row_use import RowUse
from jobload.measure.snapshot import encode
from jobload.plan.flow.sources import sources_of
from jobload.plan.flow.table import Table
from jobload.plan.scenario import load_scenario


class Master:
    """A real one, to which workers are introduced without being there."""

    def __init__(self) -> None:
        environment: Any = Environment(user_classes=[], events=None)
        environment.parsed_options = SimpleNamespace(enable_rebalancing=False)
        self.runner: Any = MasterRunner(environment, "127.0.0.1", 0)
        self.options = environment.parsed_options
        self.processes = WorkerProcesses(self.runner)
        setup: Any = SimpleNamespace(target_version=None, scenarios=(), tables={}, observe=None)
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
        said = snapshot(
            run_id=self.run.id, worker=worker, seq=self.seq, obeyed=0, idle=True, final=final
        )
        self.processes.on_snapshot(self.run, worker, encode(said))

    def changes(self) -> bool:
        return self.processes.changes_within(0.0, Event())


def said(master: Master, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Whatever it sends from now on."""
    sent: list[Message] = []
    monkeypatch.setattr(master.runner.server, "send_to_client", sent.append)
    return sent


AnyMaster = TypeVar("AnyMaster", bound=Master)


def closed_after(made: AnyMaster) -> Iterator[AnyMaster]:
    yield made
    made.runner.greenlet.kill()
    context = made.runner.server.socket.context
    made.runner.server.close()
    context.destroy(linger=0)


@pytest.fixture
def master() -> Iterator[Master]:
    yield from closed_after(Master())


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


def test_one_that_lives_and_reports_nothing_is_not_waited_for_until_it_does(master: Master) -> None:
    master.introduce("w1", "w2")
    master.begin()
    master.runner.state = STATE_RUNNING
    master.hear("w1")
    for _ in range(MUTE_AFTER_BEATS):
        master.processes.on_heartbeat("w1")
    assert not master.processes.is_gone("w1")
    master.processes.on_heartbeat("w1")
    assert [master.processes.is_gone(worker) for worker in ("w1", "w2")] == [True, False]
    master.hear("w1")
    assert not master.processes.is_gone("w1")


@pytest.mark.parametrize("state", [STATE_INIT, STATE_STOPPED])
def test_nobody_is_called_mute_while_listeners_of_test_start_keep_the_plan_from_all(
    master: Master, state: str
) -> None:
    """Else the load would begin before they have it."""
    master.introduce("w1")
    master.begin()
    master.runner.state = state
    for _ in range(MUTE_AFTER_BEATS + 1):
        master.processes.on_heartbeat("w1")
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


@pytest.mark.parametrize(("phase", "told"), [("load", ["w2"]), ("end", ["w1", "w2"])])
def test_one_that_is_hardly_heard_is_told_to_make_no_load(
    master: Master, monkeypatch: pytest.MonkeyPatch, phase: Phase, told: list[str]
) -> None:
    """It may hear all the same, and others take its users over; only the end is for all."""
    master.introduce("w1", "w2")
    master.begin()
    sent = said(master, monkeypatch)
    master.runner.clients["w1"].heartbeat = 1
    master.processes.tell(replace(master.run.say(), phase=phase))
    assert [message.node_id for message in sent] == told


def test_one_that_comes_late_is_told_where_the_run_stands_when_it_has_the_plan(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    master.introduce("w1")
    master.begin()
    master.run._zero_s -= 9.0
    master.introduce("w2")
    sent = said(master, monkeypatch)
    master.hear("w2")
    (message,) = sent
    assert (message.type, message.node_id) == (STATE_MESSAGE, "w2")
    word = from_wire(message.data)
    assert word is not None
    assert word.elapsed_s == pytest.approx(master.run.elapsed_s, abs=0.05)
    assert word.seq == master.run.seq
    assert master.run.collector.workers["w2"].late
    assert master.changes()
    master.hear("w2")
    assert len(sent) == 1


def test_one_that_has_not_said_that_it_has_the_plan_is_told_to_make_no_load(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would wait for its last word, and what it did would be missing from a PASS."""
    master.introduce("w1")
    master.begin()
    master.introduce("w2")
    sent = said(master, monkeypatch)
    master.processes.tell(replace(master.run.say(), phase="load"))
    assert [message.node_id for message in sent] == ["w1"]
    master.hear("w2")
    master.processes.tell(replace(master.run.say(), phase="load"))
    assert [message.node_id for message in sent] == ["w1", "w2", "w1", "w2"]


def test_one_whose_users_others_have_is_told_to_make_no_load_until_it_has_some_again(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    master.introduce("w1", "w2")
    master.begin()
    sent = said(master, monkeypatch)
    client = master.runner.clients["w1"]
    for state, told in ((STATE_MISSING, ["w2"]), (STATE_RUNNING, ["w1", "w2"])):
        client.state = state
        assert master.processes.have_changed()
        master.processes.give_users()
        assert not master.processes.have_changed()
        master.processes.tell(replace(master.run.say(), phase="load"))
        assert [message.node_id for message in sent] == told
        sent.clear()
    client.state = STATE_MISSING
    master.processes.give_users()
    master.processes.tell(replace(master.run.say(), phase="drain"))
    assert [message.node_id for message in sent] == ["w1", "w2"]


def test_one_that_was_missing_is_told_to_make_no_load_until_it_has_users_again(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Back too soon for anybody to have given its users to others, but Locust may have."""
    master.introduce("w1", "w2")
    master.begin()
    assert not master.processes.have_changed()
    sent = said(master, monkeypatch)
    client = master.runner.clients["w1"]
    client.state = STATE_MISSING
    master.processes.tell(replace(master.run.say(), phase="load"))
    client.state = STATE_RUNNING
    assert master.processes.have_changed()
    master.processes.tell(replace(master.run.say(), phase="load"))
    assert [message.node_id for message in sent] == ["w2", "w2"]
    master.processes.give_users()
    assert not master.processes.have_changed()
    master.processes.tell(replace(master.run.say(), phase="load"))
    assert [message.node_id for message in sent[2:]] == ["w1", "w2"]


def test_each_hears_how_many_users_it_was_told_to_have(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Locust says so once, and that word may be lost."""
    master.introduce("w1", "w2")
    master.begin()
    sent = said(master, monkeypatch)
    told = {"w1": {"A": 2, "B": 1}}
    master.runner._users_dispatcher = SimpleNamespace(_users_on_workers=told)
    master.processes.tell(replace(master.run.say(), phase="load"))
    states = {message.node_id: from_wire(message.data) for message in sent}
    assert {w: state.users for w, state in states.items() if state} == {"w1": 3, "w2": 0}


def test_where_the_run_stands_rides_on_nothing_that_may_be_heard_later(master: Master) -> None:
    """Locust sends users to one that is hardly heard as well, and so its options."""
    master.introduce("w1")
    options = {*vars(master.options)}
    master.begin()
    assert {*vars(master.options)} - options == {ASSIGNMENT_OPTION}


def test_who_had_nothing_to_say_yet_was_not_silent(master: Master) -> None:
    master.introduce("w1")
    master.begin()
    master.run._zero_s -= 9.0
    master.hear("w1")
    assert master.run.collector.workers["w1"].longest_silence_s < 0.5
    master.run._zero_s -= 4.0
    master.hear("w1")
    assert master.run.collector.workers["w1"].longest_silence_s > 3.5


def test_a_workers_word_costs_the_same_however_many_there_are(
    master: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand of them say something each second."""
    master.introduce("w1", "w2")
    master.begin()
    master.hear("w1")

    def looked_at_all(_: object) -> Iterator[str]:
        raise AssertionError("all workers were looked at for the word of one")

    monkeypatch.setattr(WorkerNodes, "__iter__", looked_at_all)
    master.hear("w1")
    assert master.run.collector.workers["w1"].newest is not None
    assert master.run.collector.workers["w1"].newest.seq == master.seq


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


# --- rows ---------------------------------------------------------------------------------------


class RowsMaster(Master):
    """With a source of ten rows, each to be used once; what it posts is kept."""

    def __init__(self) -> None:
        super().__init__()
        plan = {"name": "a", "shape": "ramp", "users": 1, "ramp_up": "1s", "duration": "2s"}
        scenario = load_scenario({**plan, "data": {"people": {"file": "a.csv", "each": "once"}}})
        table = Table(("n",))
        for number in range(10):
            table.add([number])
        tables = {sources_of([scenario])[0]: table}
        self.run.hand_out = HandOut(self.run.id, [scenario], tables)
        self.posted: list[tuple[str, Any]] = []
        self.runner.send_message = self._post
        self.introduce("w1", "w2")
        self.begin()

    def _post(self, kind: str, data: Any = None, client_id: str | None = None) -> None:
        if kind == ROWS_MESSAGE and client_id is not None:
            self.posted.append((client_id, decode_answer(data)))

    def want(self, worker: str, seq: int, received: int = 0, **more: Any) -> None:
        want, urgent = more.pop("want", 4), more.pop("urgent", False)
        use = RowUse(source=0, seq=seq, received=received, **more)
        message = encode_rows(Wanted(self.run.id, use, want, urgent))
        self.processes.on_rows_wanted(self.run, worker, message)


@pytest.fixture
def rows_master() -> Iterator[RowsMaster]:
    yield from closed_after(RowsMaster())


def test_rows_go_to_who_asks_for_them(rows_master: RowsMaster) -> None:
    rows_master.want("w1", 1)
    rows_master.want("w2", 1)
    assert [(to, answer.first) for to, answer in rows_master.posted] == [("w1", 0), ("w2", 4)]


def test_rows_of_one_that_is_gone_are_waited_for_no_longer(rows_master: RowsMaster) -> None:
    rows_master.want("w1", 1, want=10)
    while True:
        before = len(rows_master.posted)
        rows_master.want("w2", before, received=max(0, before - 1))
        if len(rows_master.posted) == before:
            break
    rows_master.want("w2", 99, received=before - 1, taken=10 - 5, urgent=True)
    assert isinstance(rows_master.posted[-1][1], Recalled)
    assert rows_master.posted[-1][0] == "w1"
    rows_master.runner.clients["w1"].state = STATE_MISSING
    rows_master.processes.write_off_rows(rows_master.run)
    assert isinstance(rows_master.posted[-1][1], Spent)
    assert rows_master.run.hand_out.figures()[0].lost.text() == "1-5"


def test_strangers_others_runs_and_who_was_lost_get_no_rows(rows_master: RowsMaster) -> None:
    rows_master.want("w9", 1)
    other = encode_rows(Wanted("another", RowUse(source=0, seq=1, received=0), 4))
    rows_master.processes.on_rows_wanted(rows_master.run, "w1", other)
    rows_master.run.collector.write_off("w1")
    rows_master.want("w1", 2)
    rows_master.processes.on_rows_wanted(None, "w2", other)
    assert rows_master.posted == []


def test_who_says_of_rows_what_cant_be_is_believed_nothing_more(rows_master: RowsMaster) -> None:
    rows_master.want("w1", 1, received=3)
    assert rows_master.run.collector.impossible == {"w1": "it has rows that it was not given"}
    rows_master.want("w1", 2)
    assert rows_master.posted == []


@pytest.mark.parametrize("packed", [b"", b"\xc1", b"\x80", "text", None, {"run_id": 1}])
def test_what_is_no_want_of_rows_is_refused(rows_master: RowsMaster, packed: object) -> None:
    with pytest.raises(MalformedMessageError):
        rows_master.processes.on_rows_wanted(rows_master.run, "w1", packed)
