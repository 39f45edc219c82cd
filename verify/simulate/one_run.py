"""One seed, from its draw to what came of it."""

from __future__ import annotations

import random
from argparse import Namespace
from dataclasses import dataclass, field
from random import Random
from signal import SIGINT, SIGTERM

import gevent
from locust.rpc import Message

from jobload.lifecycle.port.worker_messages import SNAPSHOT_MESSAGE, STATE_MESSAGE
from jobload.lifecycle.port.workers_port import WorkersPort
from jobload.load.process.state import State, from_wire
from jobload.measure.figures import RunFigures
from jobload.measure.snapshot import decode
from jobload.report.result.model import Result
from verify.simulate import places, virtual_loop
from verify.simulate.case import Case, Event
from verify.simulate.draw import draw
from verify.simulate.ghosts import Ghosts
from verify.simulate.hosts import LOCAL, MASTER, Hosts
from verify.simulate.story import Story
from verify.simulate.target import Target
from verify.simulate.transport import Network
from verify.simulate.virtual_loop import NOBODY, Host

LINGERS_S = 80.0
"""After the master: a worker that is cut off from it gives up in a minute."""


@dataclass(slots=True)
class Outcome:
    """What was reported, and what each side knows. Times are everybody's."""

    case: Case
    story: Story
    target: Target
    run_id: str = ""
    zero_s: float = 0.0
    """When the run began."""
    result: Result | None = None
    figures: RunFigures | None = None
    judged_s: float = 0.0
    exits: list[tuple[str, float, int | None]] = field(default_factory=list)
    still_there: list[str] = field(default_factory=list)
    heard: dict[str, list[float]] = field(default_factory=dict)
    """When each worker heard the master's word."""
    words: dict[str, list[tuple[float, State]]] = field(default_factory=dict)
    """The same, with what it was."""
    gone_back: list[str] = field(default_factory=list)
    connected: set[str] = field(default_factory=set)
    """Processes that had come so far when all was over."""
    stood_still: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def exit_code(self) -> int | None:
        return next((code for name, _, code in self.exits if name in (LOCAL, MASTER)), None)


class OneRun:
    def __init__(self, seed: int, options: Namespace, port: WorkersPort) -> None:
        random.seed(seed)
        self.case = case = draw(seed)
        self.story = story = Story()
        target = Target(Random(f"target {seed}"), case.usual_s, case.behaviours, case.connecting_s)
        self.outcome = Outcome(case, story, target)
        self.network = Network(Random(f"network {seed}"), case.troubles, story.tell)
        self.network.heard = self._heard
        if any(trouble.kind == "reorder" for trouble in case.troubles):
            self.network.said = self._said
        self.hosts = Hosts(options, port, self.network, story)
        self.ghosts = Ghosts(self.network)
        self._draw = Random(f"hosts {seed}")
        self._processes = 0
        self._over: dict[object, int] = {}
        virtual_loop.hub.on_error = self.hosts.on_error  # type: ignore[method-assign]  # one run, one hub
        places.for_this_seed(
            seed, case.setup(), target, self.network, self._begun, self._judged, self.hosts.end
        )

    def play(self) -> Outcome:
        case, loop = self.case, virtual_loop.loop
        if case.workers:
            self._start(MASTER, case.workers - case.late)
        for name, at_s in case.joins_s.items():
            loop.at(at_s, NOBODY, self._start, name)
        for event in case.events:
            loop.at(event.at_s, NOBODY, self._befall, event)
        for trouble in case.troubles:
            loop.at(trouble.from_s, NOBODY, self.story.tell, "network", trouble.text)
        for behaviour in case.behaviours:
            loop.at(behaviour.from_s, NOBODY, self.story.tell, "target", behaviour.text)
        self.hosts.over.wait(case.deadline_s)
        until_s = loop.now_s + LINGERS_S
        while self.hosts.running and loop.now_s < until_s:
            gevent.sleep(1.0)
        self.outcome.still_there = sorted(self.hosts.running)
        self.outcome.connected = self.hosts.connected
        self.outcome.exits = self.hosts.ended
        return self.outcome

    def _start(self, name: str, expected: int = 0) -> None:
        drift = self.case.drifts.get(name, 0.0)
        self._processes += 1
        self.outcome.words.pop(f"{name}_0", None)
        host = Host(name, self._draw.uniform(100.0, 100_000.0), drift, self._processes)
        self.hosts.start(host, expected)

    def _befall(self, event: Event) -> None:
        host = self.hosts.running.get(event.host)
        if event.kind == "restart":
            ended = {name for name, _, _ in self.hosts.ended}  # else it is still to come
            if host is None and event.host in ended and self.outcome.result is None:
                self._start(event.host)
            return
        if host is None:
            return
        match event.kind:
            case "kill":
                self.hosts.end(host, None)
            case "still":
                self.story.tell(event.host, f"stands still for {event.much:.2f} s")
                now_s = virtual_loop.loop.now_s
                host.still_until_s = max(host.still_until_s, now_s + event.much)
                self.outcome.stood_still.append((event.host, now_s, host.still_until_s))
            case "sigterm" | "sigint":
                number = SIGTERM if event.kind == "sigterm" else SIGINT
                virtual_loop.loop.at(event.at_s, host, self.hosts.signal, host, number)
            case "step":
                self.story.tell(event.host, f"its time of day steps by {event.much:+g} s")
                host.wall_steps.append((virtual_loop.loop.now_s, event.much))
            case "ghost":
                self.story.tell(event.host, "messages of an earlier run arrive, here and there")
                self.ghosts.haunt(event.host)

    def _heard(self, worker: str, kind: str, data: bytes) -> None:
        now_s, outcome = virtual_loop.loop.now_s, self.outcome
        if kind in (STATE_MESSAGE, "spawn"):
            outcome.heard.setdefault(worker, []).append(now_s)
        if kind == STATE_MESSAGE:
            state = from_wire(Message.unserialize(data).data)
            if state is not None and state.run_id == outcome.run_id:
                outcome.words.setdefault(worker, []).append((now_s, state))

    def _said(self, worker: str, kind: str, data: bytes) -> None:
        """No stage grows once a later one has begun, as the worker had heard."""
        words = self.outcome.words.get(worker)
        if kind != SNAPSHOT_MESSAGE or not words:
            return
        newest = max((state for _, state in words), key=lambda state: state.seq)
        snapshot = decode(Message.unserialize(data).data)
        for report in snapshot.stages:
            place, offered = (worker, snapshot.process, report.key), report.record.offered
            is_over = report.key < (newest.position, newest.stage) and newest.phase == "load"
            if place in self._over and offered > self._over[place]:
                self.outcome.gone_back.append(f"{worker} went back to stage {report.key}")
            if is_over:
                self._over[place] = offered

    def _begun(self, run_id: str) -> None:
        self.outcome.run_id, self.outcome.zero_s = run_id, virtual_loop.loop.now_s
        self.story.tell(virtual_loop.current_host().name, f"begins the run {run_id}")

    def _judged(self, result: Result, figures: RunFigures) -> None:
        self.outcome.result, self.outcome.figures = result, figures
        self.outcome.judged_s = virtual_loop.loop.now_s
        self.story.tell(virtual_loop.current_host().name, f"judges: {result.status}")
        for check in result.validity:
            if check.status != "PASS":
                self.story.tell("verdict", f"{check.id} {check.status}: {check.actual}")
        for scenario in result.scenarios:
            for outcome in scenario.checks:
                if outcome.status != "PASS":
                    why = f"{outcome.actual} {outcome.detail}"
                    self.story.tell("verdict", f"{outcome.id} {outcome.status}: {why}")
