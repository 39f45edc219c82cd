"""One load-generating process in one run: follows the master's state, and reports what it did."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from secrets import token_hex
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, cast

import gevent
from gevent.event import Event

from jobload.load.http.addresses import Addresses
from jobload.load.http.allowed_targets import AllowedTargets
from jobload.load.http.descriptors import shortage
from jobload.load.http.secrets import Secrets
from jobload.load.http.tls_context import tls_context
from jobload.load.pacing.arrivals import Arrivals
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.pacing.run_clock import RunClock
from jobload.load.process.assignment import Assignment
from jobload.load.process.cpu_meter import CpuMeter
from jobload.load.process.loop_probe import LoopProbe
from jobload.load.process.silence_watch import SilenceWatch
from jobload.load.process.state import State
from jobload.load.rows.messages import Answer, Wanted
from jobload.load.rows.rows import Rows
from jobload.load.trace.locust_clients import trace_clients_of_locust
from jobload.load.trace.trace_choice import TraceChoice
from jobload.load.users.locust_feed import LocustFeed
from jobload.load.users.operation_notes import OperationNotes
from jobload.load.users.operation_times import OperationTimes
from jobload.load.users.request_events import RequestEvents
from jobload.load.users.tally import MOST, Tally
from jobload.load.users.workload import Workload
from jobload.measure.error_counts import writable
from jobload.measure.ledger import LedgerEntry
from jobload.measure.recorder import Recorder
from jobload.measure.snapshot import Snapshot, StageKey
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.flow.environment import check_environment
from jobload.plan.headers import resolve_headers
from jobload.plan.problem import PlanError
from jobload.plan.tls import Tls

if TYPE_CHECKING:
    from locust.env import Environment

USERS_PER_PROCESS = 10**9
"""Numbers that a process may give away; two operations with one key would be one to the target."""
LEAST_ON_STOP_S = 1.0
MAX_CRASHES = 20
CORRECTED_S = 0.05
"""The clock of the run may be set back by as much between two reports."""
MAX_CRASH_CHARACTERS = 500


class LoadingUser(Protocol):
    """A user that the agent minds; `at_own_pace` it loops by itself where there is no rate."""

    keys: int
    unacknowledged: list[int]
    stage: StageRecord | None
    intended_s: float
    began_s: float
    is_following: bool
    acts_on_stop: bool
    """May still make requests when it is stopped, which count."""
    number: int
    position: int

    @property
    def greenlet(self) -> object: ...

    @property
    def busy(self) -> bool: ...

    @property
    def behind_s(self) -> float: ...

    def stop(self, force: bool = False) -> bool: ...


class Agent:
    """Lives as long as its process; `begin` makes it part of a run, `finish` ends that.

    `send` is called with every snapshot, `feed` has Locust's statistics. `worker` names the
    process, `index` (from 0) tells it from the others of the run. `has_raised` knows of exceptions
    that Locust has only logged. `objection` says why what a master asks for is not done here.
    `ask_for_rows` is told which rows of the plan's sources are wanted; `hear_rows` gets them.
    """

    def __init__(
        self,
        worker: str,
        index: Callable[[], int],
        send: Callable[[Snapshot], None],
        feed: LocustFeed,
        has_raised: Callable[[], bool] = lambda: False,
        objection: Callable[[Assignment], str | None] = lambda _: None,
        ask_for_rows: Callable[[Wanted], None] = lambda _: None,
    ) -> None:
        self.worker = worker
        self._process = token_hex(4)
        self._index = index
        self._send = send
        self.feed = feed
        self._has_raised = has_raised
        self._objection = objection
        self._ask_for_rows = ask_for_rows
        self.dispatcher = Dispatcher()
        self.recorder = Recorder()
        self.users: set[LoadingUser] = set()
        self.requests = RequestEvents(self)
        self.notes = OperationNotes(self)
        self.trace_choice: TraceChoice | None = None
        """None: nothing is traced."""
        self.interrupted = Event()
        self.workload: Workload | None = None
        self.assignment: Assignment | None = None
        self.final_sent = Event()
        self._probe = LoopProbe(self.dispatcher)
        self._silence = SilenceWatch(
            self.dispatcher.pause, lambda: self._key is not None, lambda: self.elapsed_s
        )
        self._secrets = Secrets()
        self._finishing = False
        self._forget()

    def _forget(self) -> None:
        self._state: State | None = None
        self._key: StageKey | None = None
        self._arrivals: tuple[int, Arrivals] | None = None
        self._clock = RunClock()
        self._silence.forget()
        self._broken = False
        self._seq = 0
        self._reported_at_s = perf_counter()
        self._obeyed = -1
        self._drain_until_s = 0.0
        self._numbers = 0
        self._left_behind_us = 0
        self._crashes: list[str] = []
        self._cpu = CpuMeter()
        self._tallies: dict[tuple[int, str, str, bool], Tally] = {}
        self._operation_times: dict[int, OperationTimes] = {}
        self.requests.forget()
        self.notes.forget()
        self._reporter: gevent.Greenlet[..., None] | None = None

    # --- a run begins -----------------------------------------------------------------------

    def begin(self, assignment: Assignment, environ: Mapping[str, str] = os.environ) -> None:
        """Joins a run; does nothing when it has joined already."""
        if self.assignment is not None and self.assignment.run_id == assignment.run_id:
            return
        self._leave_run()
        self._forget()
        self.assignment = assignment
        self.recorder = Recorder()
        self.interrupted.clear()
        self.final_sent.clear()
        self._finishing = False
        self._environ = environ
        self._headers = self._resolve(assignment, environ)
        self._tls = self._secure(assignment)
        if (origin := assignment.origin) is not None:
            self._addresses = Addresses(origin)
            if sentence := AllowedTargets(assignment.allowed_targets).refusal(origin):
                self.refuse(sentence)
        if sentence := shortage(assignment.users):
            self.refuse(f"{self.worker}: {sentence}")
        self.key_prefix = f"{assignment.run_id}-{self._index()}".encode()
        self.rows = Rows(
            assignment.run_id,
            assignment.scenarios,
            assignment.outlines,
            self._index(),
            assignment.processes,
            self._ask_for_rows,
        )
        self.report()
        self.rows.stock_up()
        self._reporter = gevent.spawn(self._report_every_second)

    def _resolve(self, assignment: Assignment, environ: Mapping[str, str]) -> list[dict[str, str]]:
        if sentence := self._objection(assignment):
            self.refuse(sentence)
            return []
        headers = [scenario.headers for scenario in assignment.scenarios]
        try:
            self._secrets = Secrets(headers, environ, assignment.scenarios)
            for scenario in assignment.scenarios:
                check_environment(scenario, environ)
            return [resolve_headers(h, environ) for h in headers]
        except PlanError as error:
            self.refuse(str(error))
            return []

    def _secure(self, assignment: Assignment) -> list[ssl.SSLContext | None]:
        """The files are read here, where they are used; scenarios alike share what they hold."""
        if assignment.origin is None or assignment.origin.scheme == "http":
            return [None for _ in assignment.scenarios]
        contexts: dict[Tls | None, ssl.SSLContext] = {}
        try:
            for scenario in assignment.scenarios:
                if scenario.tls not in contexts:
                    contexts[scenario.tls] = tls_context(scenario)
        except PlanError as error:
            self.refuse(f"{self.worker}: {error}")
            return []
        return [contexts[scenario.tls] for scenario in assignment.scenarios]

    def _leave_run(self) -> None:
        if self._reporter is not None:
            self._reporter.kill(block=False)
        self.dispatcher.soon(self.dispatcher.close)

    def refuse(self, sentence: str) -> None:
        """Takes part without sending anything: what it was told cannot be done here."""
        self._broken = True
        self.report_crash(sentence)

    def hear_rows(self, answer: Answer) -> None:
        """The first load waits for rows that every process must have."""
        was_missing = self.rows.missing
        self.rows.hear(answer)
        if was_missing and not self.rows.missing:
            self.report()

    # --- the master's word ------------------------------------------------------------------

    def follow(self, state: State) -> None:
        """Does what the newest state says; older ones and those of other runs are ignored."""
        if self.assignment is None or state.run_id != self.assignment.run_id:
            return
        self._silence.hear()
        self._clock.hear(state.elapsed_s)
        self.dispatcher.zero_s = self._clock.began_s
        newest = self._state
        if newest is not None and state.seq <= newest.seq:
            return
        self._state = state
        self.dispatcher.soon(self._obey_or_refuse, state)

    def _obey_or_refuse(self, state: State) -> None:
        """In the event loop itself an exception would go nowhere."""
        if state is not self._state:
            return  # a newer word, or a new run, has come meanwhile
        try:
            self._obey(state)
        except Exception as error:
            self.refuse(f"{type(error).__name__}: {error}")

    def _obey(self, state: State) -> None:
        self.dispatcher.resume()
        if self._broken or self._finishing:
            pass  # after the last word nothing would be counted
        elif state.phase == "load":
            if (key := (state.position, state.stage)) != self._key:
                self._enter_stage(key, state.rate_per_user)
        elif state.phase != "prepare" and self._key is not None:
            self._leave_stage()
        if state.interrupted:
            self.interrupted.set()
        self._obeyed = state.seq
        if state.phase == "drain":
            gevent.spawn(self._drain, state)
        if state.phase == "end":
            gevent.spawn(self.finish, state.drain_s)

    def _enter_stage(self, key: StageKey, rate_per_user: float | None) -> None:
        assert self.assignment is not None
        scenario = self.assignment.scenarios[key[0]]
        self._cpu.account(self.recorder.current)
        if self._arrivals is None or self._arrivals[0] != key[0]:
            self.dispatcher.close()
            seed = scenario.seed + key[0]
            self._arrivals = (key[0], Arrivals(scenario.arrivals, seed, self._index()))
            self.trace_choice = self._trace_choice(seed)
            self.workload = self._workload(key[0])
        self._note_long_use()
        before, record = self.recorder.current, self.recorder.enter(key)
        self._key = key
        self._probe.start()
        self.dispatcher.open(record, rate_per_user, self._arrivals[1])
        self._note_behind(before)

    def _trace_choice(self, seed: int) -> TraceChoice | None:
        assert self.assignment is not None
        if not (share := self.assignment.trace_share):
            return None
        trace_clients_of_locust()
        return TraceChoice(share, seed, self._index(), self.assignment.run_id)

    def _workload(self, position: int) -> Workload | None:
        """None: its users know by themselves what to do where."""
        assert self.assignment is not None
        if self.assignment.origin is None:
            return None
        scenario = self.assignment.scenarios[position]
        return Workload.of(
            scenario,
            self.assignment.origin,
            self._headers[position],
            self.assignment.run_id,
            tls=self._tls[position],
            addresses=self._addresses,
            environ=self._environ,
            index=self._index(),
            data=self.rows.of(scenario),
        )

    def _leave_stage(self) -> None:
        self._cpu.account(self.recorder.current)
        self.dispatcher.close()
        self._note_behind(self.recorder.current)
        self._note_long_use()
        self._probe.stop()
        self.recorder.leave()
        self._key = None

    @property
    def drain_s(self) -> float:
        """How long requests in flight may take to finish."""
        if self.assignment is None:
            return 0.0
        return max(scenario.drain_s for scenario in self.assignment.scenarios)

    # --- users ------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Of the scenario that runs, or ran last."""
        return self._arrivals[0] if self._arrivals is not None else 0

    def enter(self, user: LoadingUser, *, at_own_pace: bool = False) -> None:
        """A user asks for arrivals from now on."""
        self.users.add(user)
        self.dispatcher.enter(at_own_pace)

    def next_number(self) -> int:
        """For a user, unique in the run."""
        self._numbers += 1
        if self._numbers >= USERS_PER_PROCESS:
            raise OverflowError(f"{self.worker} has no number left for another user")
        return self._index() * USERS_PER_PROCESS + self._numbers

    def leave(self, user: LoadingUser, *, at_own_pace: bool = False) -> None:
        self.dispatcher.leave(user.greenlet, at_own_pace)

    def gone(self, user: LoadingUser) -> None:
        self.users.discard(user)
        if self.dispatcher.backlog and user.began_s >= self.dispatcher.opened_s:
            # Without the generator's own delay it would have taken some of that before it went.
            self._left_behind_us += int(user.behind_s * 1e6)
        self.close_ledger(user)

    def close_ledger(self, user: LoadingUser) -> None:
        """Notes which of the user's operations were acknowledged, and lets it begin anew."""
        self.recorder.ledger.close(
            LedgerEntry(user.position, user.number, user.keys, user.unacknowledged)
        )
        user.keys, user.unacknowledged = 0, []

    def _note_long_use(self) -> None:
        """A stage ends: users whose operation is of an earlier one were not free in all of it."""
        current, opened_s = self.recorder.current, self.dispatcher.opened_s
        if current is not None:
            length_us = int((perf_counter() - opened_s) * 1e6)
            for user in self.users:
                if user.stage not in (None, current):
                    current.other_use_us += length_us

    def _note_behind(self, stage: StageRecord | None) -> None:
        """A stage has ended."""
        if stage is not None:
            stage.behind_us = self._behind_us(stage)
        self._left_behind_us = 0

    def _behind_us(self, stage: StageRecord) -> int:
        busy = (user for user in self.users if user.stage is stage)
        return self._left_behind_us + sum(int(user.behind_s * 1e6) for user in busy)

    def tally(self, stage: StageRecord, method: str, label: str, *, is_step: bool = False) -> Tally:
        key = (id(stage), method, label, is_step)  # records live as long as the run
        if (tally := self._tallies.get(key)) is None:
            record = stage.step(label) if is_step else stage.endpoint(label)
            tally = self._tallies[key] = Tally(stage, method, label, self.feed, record)
        return tally

    def operation_times(self, name: str, record: EndpointRecord) -> OperationTimes:
        if (times := self._operation_times.get(id(record))) is None:
            times = self._operation_times[id(record)] = OperationTimes(name, record)
        return times

    def flow_tally(self, stage: StageRecord, name: str) -> Tally:
        key = (id(stage), "", name, False)
        if (tally := self._tallies.get(key)) is None:
            tally = self._tallies[key] = Tally(stage, "", name, None, stage.flow(name))
            tally.most = 1 if self.feed.is_heard else MOST
        return tally

    def displaced(self, stage: StageRecord, from_s: float, to_s: float) -> None:
        """The generator was late with an operation; in another second the load was another."""
        zero_s, displaced = self.dispatcher.zero_s, stage.displaced
        planned, real = int(from_s - zero_s), int(to_s - zero_s)
        if planned != real:
            displaced[planned] = displaced.get(planned, 0) + 1
            displaced[real] = displaced.get(real, 0) - 1

    def _add_states(self, stage: StageRecord, copy: StageRecord) -> None:
        now_s, dispatcher = perf_counter(), self.dispatcher
        # A report is due at a whole second; for as long as it is late, replies may lie there, too.
        late_s = self.elapsed_s % 1.0
        if stage is dispatcher.stage:
            copy.waiting = dispatcher.backlog
            dispatcher.note_waits(copy, now_s)
        if stage is self.recorder.current:
            if not dispatcher.backlog:
                self._left_behind_us = 0
            copy.behind_us = self._behind_us(stage)
        for user in self.users:
            if user.stage is None:
                continue
            if user.stage is stage and not user.is_following:
                copy.not_ended(now_s - user.intended_s, user.behind_s + late_s)
            if stage is self.recorder.current:
                since_s = max(user.intended_s, user.began_s, dispatcher.opened_s)
                copy.other_use_us += int(max(0.0, now_s - since_s - late_s) * 1e6)

    def report_crash(self, sentence: str) -> None:
        shown = writable(self.redact(sentence)[:MAX_CRASH_CHARACTERS])
        if len(self._crashes) < MAX_CRASHES and shown not in self._crashes:
            self._crashes.append(shown)

    def redact(self, text: str) -> str:
        """The text without the values of secret headers."""
        return self._secrets.redact(text)

    # --- reports ----------------------------------------------------------------------------

    @property
    def elapsed_s(self) -> float:
        return self._clock.elapsed_s

    @property
    def idle(self) -> bool:
        return self._key is None and not self.recorder.in_flight

    def _report_every_second(self) -> None:
        while True:
            self._clock.wait_for_next_second()
            self.report()
            self.rows.stock_up()

    def _second(self) -> int:
        """That of the run in which most of what is new since the last report has happened: the one
        that had begun then, for each is reported when it ends. Where a report is late, the process
        stood still, and did nothing after that end."""
        now_s, before_s = perf_counter(), self._reported_at_s
        self._reported_at_s = now_s
        began_s = self.elapsed_s - (now_s - before_s)
        return max(0, int(began_s + min(CORRECTED_S, (now_s - before_s) / 2)))

    def report(self, final: bool = False) -> None:
        if self.assignment is None:
            return
        self._cpu.account(self.recorder.current)
        self.dispatcher.count_users()
        for tally in self._tallies.values():
            tally.flush()
        for times in self._operation_times.values():
            times.flush()
        self.requests.flush()
        self.feed.flush()
        if self._has_raised():
            self.report_crash(f"a listener or greenlet of {self.worker} raised; its log says more")
        self._seq += 1
        traced, untold = self.notes.take_traced()
        self._send(
            Snapshot(
                run_id=self.assignment.run_id,
                worker=self.worker,
                process=self._process,
                seq=self._seq,
                second=self._second(),
                obeyed=self._obeyed,
                idle=self.idle,
                final=final,
                users=self.dispatcher.users,
                in_flight=self.recorder.in_flight,
                backlog=self.dispatcher.backlog,
                cpu_percent=self._cpu.percent,
                pauses=list(self._silence.sentences),
                crashes=list(self._crashes),
                stages=self.recorder.reports(final, self._add_states),
                ledger=self.recorder.ledger.entries if final else [],
                ledger_complete=self.recorder.ledger.is_complete,
                rows=self.rows.uses(),
                rows_missing=self.rows.missing,
                traced=traced,
                traced_untold=untold,
            )
        )

    @property
    def takes_part(self) -> bool:
        """In a run, and has not begun to say its last word."""
        return self.assignment is not None and not self._finishing

    # --- a run ends -------------------------------------------------------------------------

    def finish(self, drain_s: float) -> None:
        """Drains and sends the final snapshot; later callers wait until that has been sent."""
        if self.assignment is None:
            return
        until_s = perf_counter() + drain_s
        if self._finishing:
            self._drain_until_s = min(self._drain_until_s, until_s)
            self.final_sent.wait(drain_s + 5)
            return
        assignment = self.assignment
        self._finishing = True
        self._silence.stop()
        self._drain_until_s = until_s
        self.dispatcher.soon(self._leave_stage)
        gevent.sleep(0)
        self._await_idle()
        if self.assignment is not assignment:
            return  # a new run has begun: the old one's last word can't be said any more
        self._censor_the_rest()
        self._stop_those_that_act_on_it()
        for user in self.users:
            self.close_ledger(user)
        if self._reporter is not None:
            self._reporter.kill(block=False)
        self.rows.close()
        self.report(final=True)
        self.final_sent.set()

    def _drain(self, state: State) -> None:
        """Between scenarios: what is still in flight at the end of it is censored."""
        self._drain_until_s = perf_counter() + state.drain_s
        self._await_idle()
        if self._state is state:
            self._censor_the_rest()
            self.report()

    def _await_idle(self) -> None:
        while not self.idle and perf_counter() < self._drain_until_s:
            gevent.sleep(0.01)

    def _censor_the_rest(self) -> None:
        """Ends the users that still wait for a reply; each counts its operation as censored."""
        busy = [user for user in self.users if user.busy]
        gevent.joinall([gevent.spawn(user.stop, True) for user in busy], timeout=5)

    def _stop_those_that_act_on_it(self) -> None:
        acting = [user for user in self.users if user.acts_on_stop]
        left_s = max(LEAST_ON_STOP_S, self._drain_until_s - perf_counter())
        gevent.joinall([gevent.spawn(user.stop) for user in acting], timeout=left_s)
        until_s = perf_counter() + left_s
        while any(u in self.users for u in acting) and perf_counter() < until_s:
            gevent.sleep(0.01)


def attach(environment: Environment, agent: Agent) -> None:
    """Puts the process's agent where its users find it."""
    setattr(environment, _NAME, agent)


def agent_of(environment: Environment) -> Agent:
    return cast(Agent, getattr(environment, _NAME))


def agent_if_any(environment: Environment) -> Agent | None:
    """None where nobody makes load for jobload, as on a master."""
    return getattr(environment, _NAME, None)


_NAME = "jobload_agent"
