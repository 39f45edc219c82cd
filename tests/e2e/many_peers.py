"""python -m e2e.many_peers JSON: many workers in one process, as their master hears them.

They speak the real protocol over real sockets, at the pace of real ones: figures and heartbeat once
a second, Locust's statistics every three. What they send to a target is made up: each operation
takes `SERVICE_US` and succeeds, and belongs to the stage of its time on the master's clock, as with
real ones, however late this process hears of it. Prints a line of JSON when all have gone: what
they did by their own count, and when (`perf_counter`).
"""

import json
import os
import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import locust  # noqa: F401  # patches the standard library

import gevent  # isort: skip
import orjson
import zmq.green as zmq
from locust.rpc.protocol import Message
from locust.stats import RequestStats, StatsEntry

from jobload.lifecycle.port.introduction import introduction
from jobload.lifecycle.port.worker_messages import (
    ASSIGNMENT_OPTION,
    SNAPSHOT_MESSAGE,
    STATE_MESSAGE,
)
from jobload.lifecycle.port.worker_token import KeyPair, find_token
from jobload.load.pacing.run_clock import RunClock
from jobload.load.process.state import State, from_wire
from jobload.measure.recorder import Recorder
from jobload.measure.snapshot import Snapshot, encode
from jobload.measure.stage_record import StageRecord

LABEL = "POST /api/v1/jobs"
SERVICE_US = 20_000
STATISTICS_EVERY_S = 3
TOTAL = StatsEntry(RequestStats(), "Aggregated", "").serialize()


@dataclass
class Told:
    """By all of them together, for the test."""

    operations: int = 0
    began_s: float = field(default_factory=perf_counter)
    acknowledged_s: list[float] = field(default_factory=list)
    last_reply_s: float = 0.0


class Load:
    """What one peer does and counts in one run."""

    def __init__(self, run_id: str, told: Told) -> None:
        self.run_id = run_id
        self.clock = RunClock()
        self.obeyed = -1
        self.users = 0
        self.recorder = Recorder()
        self._told = told
        self._state: State | None = None
        self._done_s = 0.0
        self._share = 0.5  # a stage of whole seconds ends between two operations, not with one

    def follow(self, state: State) -> bool:
        """Whether it is a new word of this run."""
        if state.run_id != self.run_id or state.seq <= self.obeyed:
            return False
        self.clock.hear(state.elapsed_s)
        self.work(state.elapsed_s)
        key = (state.position, state.stage)
        before = self._state
        if state.phase != "load":
            self.recorder.leave()
        elif before is None or before.phase != "load" or (before.position, before.stage) != key:
            self.recorder.enter(key)
        self._state, self.obeyed = state, state.seq
        return True

    def work(self, until_s: float) -> None:
        """What has become due by that second of the run."""
        passed_s = max(0.0, until_s - self._done_s)
        self._done_s += passed_s
        stage, state = self.recorder.current, self._state
        if stage is None or state is None:
            return
        self._share += (state.rate_per_user or 0.0) * self.users * passed_s
        due, self._share = int(self._share), self._share % 1
        stage.wall_s += passed_s
        stage.cpu_s += 0.05 * passed_s
        stage.user_us += int(self.users * passed_s * 1e6)
        for _ in range(due):
            _count(stage)
        self._told.operations += due
        if due:
            self._told.last_reply_s = perf_counter()


def _count(stage: StageRecord) -> None:
    stage.offered += 1
    stage.started += 1
    stage.ended_good += 1
    stage.lateness.record(100)
    stage.read_lag.record(50)
    endpoint = stage.endpoint(LABEL)
    endpoint.started += 1
    endpoint.attempts += 1
    endpoint.succeeded += 1
    endpoint.response_time.record(SERVICE_US + 150)
    endpoint.response_time_lower.record(SERVICE_US)
    endpoint.service_time.record(SERVICE_US)


class Peer:
    """`silent_after_s` of the run it says nothing more."""

    def __init__(
        self, name: str, context: Any, port: int, told: Told, silent_after_s: float | None
    ) -> None:
        self._name = name
        self._told = told
        self._silent_after_s = silent_after_s
        self._load: Load | None = None
        self._seq = 0
        self._runs = "ready"
        self._socket = context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.IDENTITY, name.encode())
        self._socket.setsockopt(zmq.LINGER, 0)
        if token := find_token(os.environ):
            own = KeyPair.of(token, "worker")
            self._socket.curve_serverkey = KeyPair.of(token, "master").public
            self._socket.curve_publickey, self._socket.curve_secretkey = own.public, own.secret
        self._socket.connect(f"tcp://127.0.0.1:{port}")

    def live(self) -> None:
        self._send("client_ready", introduction())
        beats = gevent.spawn(self._every_second)
        while True:
            message = Message.unserialize(self._socket.recv())
            if message.type == "quit":
                break
            self._hear(message)
        beats.kill()
        self._send("quit", None)
        gevent.sleep(0.5)
        self._socket.close()

    def _send(self, kind: str, data: Any) -> None:
        load = self._load
        after_s = self._silent_after_s
        if after_s is None or load is None or load.clock.elapsed_s < after_s:
            self._socket.send(Message(kind, data, self._name).serialize())

    def _hear(self, message: Message) -> None:
        if message.type == "ack":
            self._told.acknowledged_s.append(perf_counter())
        elif message.type == "spawn":
            self._spawn(message.data)
        elif message.type == STATE_MESSAGE and self._load is not None:
            self._follow(from_wire(message.data))
        elif message.type == "stop":
            self._runs = "ready"
            self._send("client_stopped", None)
            self._send("client_ready", introduction())

    def _spawn(self, job: dict[str, Any]) -> None:
        options, counts = job["parsed_options"], job["user_classes_count"]
        run_id = orjson.loads(options[ASSIGNMENT_OPTION])["run_id"]
        is_new = self._load is None or self._load.run_id != run_id
        if is_new:
            self._load, self._seq = Load(run_id, self._told), 0
        assert self._load is not None
        self._load.work(self._load.clock.elapsed_s)
        self._load.users, self._runs = sum(counts.values()), "running"
        self._send("spawning", None)
        whole = {"user_classes_count": counts, "user_count": self._load.users}
        self._send("spawning_complete", whole)
        if is_new:
            self._report()

    def _follow(self, state: State | None) -> None:
        is_new = state is not None and self._load is not None and self._load.follow(state)
        if is_new and state is not None and state.phase == "end":
            self._report(final=True)

    def _every_second(self) -> None:
        second = 0
        while True:
            beat = {"state": self._runs, "current_cpu_usage": 5.0, "current_memory_usage": 1}
            self._send("heartbeat", beat)
            if second % STATISTICS_EVERY_S == 0:
                self._send("stats", self._statistics())
            if self._load is not None:
                self._load.work(self._load.clock.elapsed_s)
                self._report()
                self._load.clock.wait_for_next_second()
            else:
                gevent.sleep(1)
            second += 1

    def _statistics(self) -> dict[str, Any]:
        return {
            "stats": [],
            "stats_total": TOTAL,
            "errors": {},
            "user_classes_count": {},
            "user_count": self._load.users if self._load else 0,
        }

    def _report(self, final: bool = False) -> None:
        load = self._load
        assert load is not None
        self._seq += 1
        self._send(SNAPSHOT_MESSAGE, encode(self._snapshot(load, final)))

    def _snapshot(self, load: Load, final: bool) -> Snapshot:
        return Snapshot(
            run_id=load.run_id, worker=self._name, process="peer", seq=self._seq,
            second=max(0, int(load.clock.elapsed_s - 0.5)), obeyed=load.obeyed,
            idle=load.recorder.current is None, final=final, users=load.users, in_flight=0,
            backlog=0, cpu_percent=5.0, pauses=[], crashes=[],
            stages=load.recorder.reports(final, lambda stage, copy: None), ledger=[],
            ledger_complete=True, rows=[], rows_missing=0, traced=(), traced_untold=0,
        )  # fmt: skip


def main(port: int, peers: int, silent_after_s: float | None = None) -> None:
    context = zmq.Context()
    context.set(zmq.MAX_SOCKETS, 4 * peers + 100)
    told = Told()
    all_ = [
        Peer(f"peer-{n:04}", context, port, told, None if n else silent_after_s)
        for n in range(peers)
    ]
    gevent.joinall([gevent.spawn(peer.live) for peer in all_])
    print(json.dumps(told.__dict__), flush=True)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
