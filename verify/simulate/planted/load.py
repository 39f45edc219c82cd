"""Faults in what load is made."""

from __future__ import annotations

from typing import Any

import msgspec

from jobload.lifecycle.leader.workers import WorkerProcesses
from jobload.lifecycle.port.worker_messages import STATE_MESSAGE
from jobload.lifecycle.worker.worker import Worker
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.process.agent import Agent
from jobload.load.process.process_run import ProcessRun
from jobload.load.process.silence_watch import SilenceWatch
from jobload.load.process.state import to_wire
from verify.simulate.planted.faults import Faults, substitute, wrap

FAULTS = Faults()


@FAULTS.planted(58)
def old_state_obeyed() -> None:
    """Whatever was said last is done, though it is older."""

    def follow(plain: Any, run: Any, state: Any) -> None:
        run._state = None
        plain(run, state)

    wrap(ProcessRun, "follow", follow)


@FAULTS.planted(37)
def state_of_another_run_obeyed() -> None:
    def follow(plain: Any, agent: Any, state: Any) -> None:
        if agent.run is not None:
            state = msgspec.structs.replace(state, run_id=agent.run.id)
        plain(agent, state)

    wrap(Agent, "follow", follow)


@FAULTS.planted(3)
def silence_unheeded() -> None:
    def on_silence(watch: Any) -> None:
        watch._pause = lambda: None
        plain(watch)

    plain = SilenceWatch._on_silence
    substitute(SilenceWatch, "_on_silence", on_silence)


@FAULTS.planted(287)
def missing_worker_told_on() -> None:
    """One whose users were started elsewhere hears on that all is well."""

    def tell(processes: Any, state: Any, clients: Any) -> None:
        for client in clients:
            processes._runner.send_message(STATE_MESSAGE, to_wire(state), client_id=client.id)

    substitute(WorkerProcesses, "_tell", tell)


@FAULTS.planted(1)
def dispatcher_left_open() -> None:
    """At the end of a scenario load goes on."""
    wrap(ProcessRun, "_leave_stage", lambda plain, run: _with_open_gate(plain, run))


def _with_open_gate(plain: Any, run: Any) -> None:
    dispatcher = run.agent.dispatcher
    dispatcher.close, close = (lambda: None), dispatcher.close
    plain(run)
    dispatcher.close = close


@FAULTS.planted(0)
def rate_forgets_those_who_leave() -> None:
    """It follows users that come, and not those that go."""

    def leave(plain: Any, dispatcher: Any, user: object) -> None:
        plain(dispatcher, user)
        dispatcher.users += 1

    wrap(Dispatcher, "leave", leave)


@FAULTS.planted(6)
def leaver_without_a_last_word() -> None:
    """A worker that is told to end just goes, with what it has in hand."""

    def on_quitting(worker: Any) -> None:
        worker.agent.finish = lambda drain_s: None

    substitute(Worker, "on_quitting", on_quitting)
