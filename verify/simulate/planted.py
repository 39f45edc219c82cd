"""Faults to be found: each alters the code in memory, in a process of its own, before a seed is
played. They are slips that could have been made, one for each kind of promise and more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

import jobload.judge.validity.validity as validity_module
import jobload.judge.verdict as verdict_module
from jobload.judge.validity.finding import ValidityCheck
from jobload.lifecycle.leader.exit_code_of_process import ExitCodeOfProcess
from jobload.lifecycle.leader.leader import Leader
from jobload.lifecycle.leader.load_processes import WorkerProcesses
from jobload.lifecycle.leader.run import Run
from jobload.lifecycle.leader.scenario_run import ScenarioRun
from jobload.lifecycle.port.worker_messages import STATE_MESSAGE
from jobload.lifecycle.worker.worker import Worker
from jobload.load.http.success import Success
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.pacing.run_clock import RunClock
from jobload.load.process.agent import Agent
from jobload.load.process.process_run import ProcessRun
from jobload.load.process.reporter import Reporter
from jobload.load.process.silence_watch import SilenceWatch
from jobload.load.process.state import to_wire
from jobload.load.users.request_user import RequestUser
from jobload.load.users.tally import Tally
from jobload.measure.collector import Collector, WorkerView
from jobload.measure.series import Series


@dataclass(frozen=True, slots=True)
class Fault:
    """`known` is the first seed that finds it; when cases are drawn in another way, or more
    promises are made, it is another: `python -m verify.simulate --catalogue` says which."""

    alter: Callable[[], None]
    known: int


PLANTED: dict[str, Fault] = {}


def planted(known: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def plant(alter: Callable[[], None]) -> Callable[[], None]:
        PLANTED[alter.__name__.replace("_", "-")] = Fault(alter, known)
        return alter

    return plant


def _wrap(kind: Any, name: str, around: Callable[..., Any]) -> None:
    """`around` gets the plain function first."""
    plain = getattr(kind, name)
    setattr(kind, name, lambda *args, **more: around(plain, *args, **more))


def _replace(kind: Any, name: str, value: Any) -> None:
    setattr(kind, name, value)


# --- what was counted ---------------------------------------------------------------------------


@planted(34)
def snapshot_merged_twice() -> None:
    """One that the network repeats is added once more."""

    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        view = collector.workers.get(snapshot.worker)
        known = view is not None and view.newest is not None
        if known and snapshot.seq == view.newest.seq and not snapshot.final:
            for report in snapshot.stages:
                view.stages[report.key].merge(report.record)
        return plain(collector, snapshot, now_s)

    _wrap(Collector, "take", take)


@planted(27)
def snapshot_of_any_age_taken() -> None:
    """The one that comes last is taken for the newest."""

    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        view = collector.workers.get(snapshot.worker)
        if view is not None and view.newest is not None and snapshot.seq < view.newest.seq:
            for report in snapshot.stages:
                view.stages[report.key] = report.record
        return plain(collector, snapshot, now_s)

    _wrap(Collector, "take", take)


@planted(1)
def final_dropped() -> None:
    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        return None if snapshot.final else plain(collector, snapshot, now_s)

    _wrap(Collector, "take", take)


@planted(0)
def final_not_needed() -> None:
    """Who said anything at all has said its last word."""
    _replace(WorkerView, "final", property(lambda view: view.newest is not None))


@planted(41)
def lost_worker_forgotten() -> None:
    """With all that it did."""
    _replace(Collector, "write_off", lambda collector, worker: collector.workers.pop(worker))
    _wrap(Leader, "_conclude", _with_a_copy_of_the_roster)


def _with_a_copy_of_the_roster(plain: Any, leader: Any, run: Any) -> None:
    for worker in [w for w, view in run.collector.workers.items() if not view.final]:
        run.collector.write_off(worker)
    plain(leader, run)


@planted(37)
def older_run_counts() -> None:
    """A snapshot of another run is one of this."""

    def receive(plain: Any, collector: Any, sender: str, packed: object, now_s: float) -> Any:
        from jobload.measure.snapshot import decode

        collector.run_id, own = decode(packed).run_id, collector.run_id
        try:
            collector.bounds._begun, begun = None, collector.bounds._begun
            return plain(collector, sender, packed, now_s)
        finally:
            collector.run_id, collector.bounds._begun = own, begun

    _wrap(Collector, "receive", receive)


@planted(232)
def namesake_unnoticed() -> None:
    """What a process says under the name of another is dropped as old."""

    def take(plain: Any, collector: Any, snapshot: Any, now_s: float) -> Any:
        view = collector.workers.get(snapshot.worker)
        if view is not None and view.newest is not None and view.newest.process != snapshot.process:
            return collector._dropped("stale")
        return plain(collector, snapshot, now_s)

    _wrap(Collector, "take", take)


@planted(155)
def missed_not_counted() -> None:
    def miss(dispatcher: Any, now_s: float) -> None:
        dispatcher.note_waits(dispatcher.stage, now_s)
        dispatcher._backlog.clear()

    _replace(Dispatcher, "_miss", miss)


@planted(316)
def retry_not_an_attempt() -> None:
    def retry(plain: Any, user: Any, endpoint: Any, *args: Any) -> Any:
        before = endpoint.attempts, endpoint.retries
        found = plain(user, endpoint, *args)
        endpoint.attempts, endpoint.retries = before
        return found

    _wrap(RequestUser, "_retry", retry)


@planted(15)
def any_reply_is_good() -> None:
    def of(plain: Any, expect: Any) -> Any:
        return replace(plain(expect), statuses=frozenset(range(100, 600)))

    plain = Success.of
    _replace(Success, "of", lambda expect: of(plain, expect))


# --- whose time, and when ------------------------------------------------------------------------


@planted(67)
def upper_and_lower_swapped() -> None:
    def flush(plain: Any, tally: Any) -> None:
        endpoint = tally.endpoint
        upper, lower = endpoint.response_time, endpoint.response_time_lower
        endpoint.response_time, endpoint.response_time_lower = lower, upper
        plain(tally)
        endpoint.response_time, endpoint.response_time_lower = upper, lower

    _wrap(Tally, "_flush_times", flush)


@planted(30)
def waiting_not_in_the_response_time() -> None:
    """From the start of an operation, and not from when it was intended."""

    def operate(plain: Any, user: Any, intended_s: float, *args: Any, **more: Any) -> Any:
        return plain(user, time.perf_counter(), *args, **more)

    _wrap(RequestUser, "operate", operate)


@planted(2)
def second_off_by_one() -> None:
    _wrap(Reporter, "_second", lambda plain, reporter: plain(reporter) + 1)


@planted(2)
def seconds_add_up_twice() -> None:
    """A second is all that was counted until it, in every third report."""

    def add(
        plain: Any, series: Any, key: Any, second: int, worker: str, newer: Any, older: Any
    ) -> None:
        plain(series, key, second, worker, newer, None if second % 3 == 0 else older)

    _wrap(Series, "add", add)


@planted(13)
def clock_from_a_stale_word() -> None:
    """A worker's second is that of the word that came first, however long it took."""

    def hear(plain: Any, clock: Any, elapsed_s: float) -> None:
        if not clock._begins_s:
            plain(clock, elapsed_s)

    _wrap(RunClock, "hear", hear)


@planted(0)
def run_by_the_time_of_day() -> None:
    origin: dict[int, float] = {}

    def elapsed_s(run: Any) -> float:
        return time.time() - origin.setdefault(id(run), time.time())

    _replace(Run, "elapsed_s", property(elapsed_s))


@planted(1)
def stages_change_late() -> None:
    _wrap(ScenarioRun, "stage_ends_s", lambda plain, own, n: plain(own, n) + 0.08 * n + 0.06)


# --- what load is made ---------------------------------------------------------------------------


@planted(58)
def old_state_obeyed() -> None:
    """Whatever was said last is done, though it is older."""

    def follow(plain: Any, run: Any, state: Any) -> None:
        run._state = None
        plain(run, state)

    _wrap(ProcessRun, "follow", follow)


@planted(37)
def state_of_another_run_obeyed() -> None:
    def follow(plain: Any, agent: Any, state: Any) -> None:
        if agent.run is not None:
            state = msgspec.structs.replace(state, run_id=agent.run.id)
        plain(agent, state)

    _wrap(Agent, "follow", follow)


@planted(3)
def silence_unheeded() -> None:
    def on_silence(watch: Any) -> None:
        watch._pause = lambda: None
        plain(watch)

    plain = SilenceWatch._on_silence
    _replace(SilenceWatch, "_on_silence", on_silence)


@planted(287)
def missing_worker_told_on() -> None:
    """One whose users were started elsewhere hears on that all is well."""

    def tell(processes: Any, state: Any, clients: Any) -> None:
        for client in clients:
            processes._runner.send_message(STATE_MESSAGE, to_wire(state), client_id=client.id)

    _replace(WorkerProcesses, "_tell", tell)


@planted(1)
def dispatcher_left_open() -> None:
    """At the end of a scenario load goes on."""
    _wrap(ProcessRun, "_leave_stage", lambda plain, run: _with_open_gate(plain, run))


def _with_open_gate(plain: Any, run: Any) -> None:
    dispatcher = run.agent.dispatcher
    dispatcher.close, close = (lambda: None), dispatcher.close
    plain(run)
    dispatcher.close = close


@planted(0)
def rate_forgets_those_who_leave() -> None:
    """It follows users that come, and not those that go."""

    def leave(plain: Any, dispatcher: Any, user: object) -> None:
        plain(dispatcher, user)
        dispatcher.users += 1

    _wrap(Dispatcher, "leave", leave)


@planted(6)
def leaver_without_a_last_word() -> None:
    """A worker that is told to end just goes, with what it has in hand."""

    def on_quitting(worker: Any) -> None:
        worker.agent.finish = lambda drain_s: None

    _replace(Worker, "on_quitting", on_quitting)


# --- how it is judged ----------------------------------------------------------------------------


@planted(1)
def last_words_not_awaited() -> None:
    _replace(Leader, "_await_finals", lambda *_: None)


@planted(14)
def losses_do_not_matter() -> None:
    fine = ValidityCheck("workers-complete", "PASS", "", "")
    _replace(validity_module, "workers_complete", lambda run: fine)


@planted(15)
def failures_exit_with_zero() -> None:
    _wrap(
        ExitCodeOfProcess,
        "run_ends",
        lambda plain, codes, code: plain(codes, 0 if code == 1 else code),
    )


@planted(155)
def undecided_passes() -> None:
    def status(plain: Any, trust: Any, decisive: Any, profile_only: bool) -> Any:
        return plain(trust, [s for s in decisive if s != "FAIL"], profile_only)

    _wrap(verdict_module, "_status", status)


@planted(99)
def generators_delay_is_the_targets() -> None:
    """Who was given an arrival late is taken to have been free no sooner."""

    def operate(plain: Any, user: Any, *args: Any, **more: Any) -> Any:
        user.free_s = time.perf_counter()
        return plain(user, *args, **more)

    _wrap(RequestUser, "operate", operate)
