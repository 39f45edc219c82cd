"""One run as a process takes part in it: does what the leader says, until its last word."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event

from jobload.load.pacing.arrivals import Arrivals
from jobload.load.pacing.run_clock import RunClock
from jobload.load.process.loop_probe import LoopProbe
from jobload.load.process.prepared_plan import PreparedPlan
from jobload.load.process.reporter import Reporter
from jobload.load.process.silence_watch import SILENCE_S, SilenceWatch
from jobload.load.process.state import State
from jobload.load.users.tallies import Tallies
from jobload.measure.recorder import Recorder
from jobload.measure.snapshot import Snapshot, StageKey

if TYPE_CHECKING:
    from jobload.load.process.agent import Agent

LEAST_ON_STOP_S = 1.0


class ProcessRun:
    def __init__(
        self, agent: Agent, plan: PreparedPlan, process: str, send: Callable[[Snapshot], None]
    ) -> None:
        self.agent = agent
        self.plan = plan
        self.recorder = Recorder()
        self.tallies = Tallies(agent.feed)
        self.clock = RunClock()
        self.final_sent = Event()
        self.is_finishing = False
        self.obeyed = -1
        self.reporter = Reporter(self, process, send)
        self.silence = SilenceWatch(
            agent.dispatcher.pause, lambda: self._key is not None, lambda: self.clock.elapsed_s
        )
        self._dispatcher = agent.dispatcher
        self._probe = LoopProbe(agent.dispatcher)
        self._state: State | None = None
        self._told_users: int | None = None
        self._key: StageKey | None = None
        self._arrivals: tuple[int, Arrivals] | None = None
        self._is_broken = False
        self._drain_until_s = 0.0

    @property
    def id(self) -> str:
        return self.plan.assignment.run_id

    @property
    def position(self) -> int:
        return self._arrivals[0] if self._arrivals is not None else 0

    @property
    def idle(self) -> bool:
        self.tallies.count()
        has_ended = self._key is None and not self.recorder.in_flight
        return has_ended and self.agent.users.have_begun

    def refuse(self, sentence: str) -> None:
        """Takes part without sending anything: what it was told cannot be done here."""
        self._is_broken = True
        self.agent.report_crash(sentence)

    def flush(self) -> None:
        self.tallies.flush()
        self.agent.requests.flush()
        self._dispatcher.count()

    def leave(self) -> None:
        """Another one begins."""
        self.reporter.stop()
        self.silence.stop()
        self._probe.stop()
        self._dispatcher.soon(self._dispatcher.close)

    # --- the leader's word ------------------------------------------------------------------

    def follow(self, state: State) -> None:
        """Does what the newest state says; older ones are ignored."""
        self.clock.hear(state.elapsed_s)
        self._dispatcher.zero_s = self.clock.began_s
        if state.phase == "load" and self.clock.elapsed_s - state.elapsed_s > SILENCE_S:
            return  # who was silent may not make the load that others make in its place
        if self._has_told_users(state):
            self.silence.hear()
        elif state.phase == "load" and self.silence.has_rung:
            return
        newest = self._state
        if newest is not None and state.seq <= newest.seq:
            return
        self._state = state
        self._dispatcher.soon(self._obey_or_refuse, state)

    def _has_told_users(self, state: State) -> bool:
        """Not more than it was told to have, now or by the word before, for to stop some takes a
        moment. A worker that was not reached by Locust's word has those that others have now, and
        rests as one that hears nothing."""
        users, before, self._told_users = self._dispatcher.users, self._told_users, state.users
        return state.users is None or users <= max(state.users, before or 0)

    def _obey_or_refuse(self, state: State) -> None:
        """In the event loop itself an exception would go nowhere."""
        if state is not self._state or self.agent.run is not self:
            return  # a newer word, or a new run, has come meanwhile
        if state.phase == "load" and self.silence.has_rung:
            return  # it rests since then
        try:
            self._obey(state)
        except Exception as error:
            self.refuse(f"{type(error).__name__}: {error}")

    def _obey(self, state: State) -> None:
        self._dispatcher.resume()
        if self._is_broken or self.is_finishing:
            pass  # after the last word nothing would be counted
        elif state.phase == "load":
            if (key := (state.position, state.stage)) != self._key:
                self._enter_stage(key, state.rate_per_user)
        elif state.phase != "prepare" and self._key is not None:
            self._leave_stage()
        if state.interrupted:
            self.agent.interrupted.set()
        self.obeyed = state.seq
        if state.phase == "drain":
            gevent.spawn(self._drain, state)
        if state.phase == "end":
            gevent.spawn(self.finish, state.drain_s)

    def _enter_stage(self, key: StageKey, rate_per_user: float | None) -> None:
        users, recorder, position = self.agent.users, self.recorder, key[0]
        self.reporter.cpu.account(recorder.current)
        if self._arrivals is None or self._arrivals[0] != position:
            self._dispatcher.close()
            self._arrivals = position, self.plan.arrivals(position)
            self.agent.workload = self.plan.workload(position)
            self.agent.trace_choice = self.plan.trace_choice(position)
        users.note_long_use()
        before, record = recorder.current, recorder.enter(key, has_rate=rate_per_user is not None)
        self._key = key
        self._probe.start()
        self._dispatcher.open(record, rate_per_user, self._arrivals[1])
        users.note_behind(before)

    def _leave_stage(self) -> None:
        self.reporter.cpu.account(self.recorder.current)
        self._dispatcher.close()
        self.agent.users.note_behind(self.recorder.current)
        self.agent.users.note_long_use()
        self._probe.stop()
        self.recorder.leave()
        self._key = None

    # --- its end ----------------------------------------------------------------------------

    def finish(self, drain_s: float) -> None:
        """Drains and sends the final snapshot; later callers wait until that has been sent."""
        until_s = perf_counter() + drain_s
        if self.is_finishing:
            self._drain_until_s = min(self._drain_until_s, until_s)
            self.final_sent.wait(drain_s + 5)
            return
        self.is_finishing = True
        self.silence.stop()
        self._drain_until_s = until_s
        self._dispatcher.soon(self._leave_stage)
        gevent.sleep(0)
        self._await_idle()
        if self.agent.run is not self:
            return  # a new run has begun: the old one's last word can't be said any more
        users = self.agent.users
        users.end_busy()
        users.end_acting(max(LEAST_ON_STOP_S, self._drain_until_s - perf_counter()))
        users.close_ledgers()
        self.reporter.stop()
        self.plan.rows.close()
        self.reporter.report(final=True)
        self.final_sent.set()
        self.agent.standstills.stop()

    def _drain(self, state: State) -> None:
        """Between scenarios: what is still in flight at the end of it is censored."""
        self._drain_until_s = perf_counter() + state.drain_s
        self._await_idle()
        if self._state is state and self.agent.run is self:
            self.agent.users.end_busy()
            self.reporter.report()

    def _await_idle(self) -> None:
        while not self.idle and perf_counter() < self._drain_until_s:
            gevent.sleep(0.01)
