"""What one load-generating process has for as long as it lives, and its users find."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, cast

from gevent.event import Event

from jobload.load.own_users.request_events import RequestEvents
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.load.process.assignment import Assignment
from jobload.load.process.loading_users import LoadingUsers
from jobload.load.process.prepared_plan import PreparedPlan
from jobload.load.process.process_run import ProcessRun
from jobload.load.process.standstills import Standstills
from jobload.load.process.state import State
from jobload.load.rows.messages import Answer, Wanted
from jobload.load.trace.trace_choice import TraceChoice
from jobload.load.users.locust_feed import LocustFeed
from jobload.load.users.operation_notes import OperationNotes
from jobload.load.users.tallies import Tallies
from jobload.load.users.workload import Workload
from jobload.measure.recorder import Recorder
from jobload.measure.snapshot import Snapshot
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from locust.env import Environment


class Agent:
    """Takes part in runs, one after the other; `begin` makes it part of one, `finish` ends that.

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
        self.feed = feed
        self.run: ProcessRun | None = None
        self.dispatcher = Dispatcher()
        self.users = LoadingUsers(worker, index, self.dispatcher)
        self.standstills = Standstills()
        self.requests = RequestEvents(self)
        self.interrupted = Event()
        self.workload: Workload | None = None
        # Those of the run, a look-up nearer to the users.
        self.recorder = Recorder()
        self.tallies = Tallies(feed)
        self.notes = OperationNotes(self)
        self.trace_choice: TraceChoice | None = None
        """None: nothing is traced."""
        self._process = token_hex(4)
        self._index = index
        self._send = send
        self._has_raised = has_raised
        self._objection = objection
        self._ask_for_rows = ask_for_rows

    def begin(self, assignment: Assignment, environ: Mapping[str, str] = os.environ) -> None:
        """Joins a run; does nothing when it has joined already."""
        if self.run is not None:
            if self.run.id == assignment.run_id:
                return
            self.run.leave()
        plan = PreparedPlan(
            assignment,
            self.worker,
            self._index(),
            environ,
            self._objection(assignment),
            self._ask_for_rows,
        )
        self.run = run = ProcessRun(self, plan, self._process, self._send)
        self.recorder, self.tallies = run.recorder, run.tallies
        self.notes = OperationNotes(self)
        self.key_prefix = plan.key_prefix
        self.users.begin_run(run.recorder)
        self.requests.forget()
        self.interrupted.clear()
        for sentence in plan.objections:
            run.refuse(sentence)
        run.reporter.start()

    def follow(self, state: State) -> None:
        """Words of other runs are ignored."""
        if self.run is not None and state.run_id == self.run.id:
            self.run.follow(state)

    def hear_rows(self, answer: Answer) -> None:
        """The first load waits for rows that every process must have."""
        if self.run is None:
            return
        rows = self.run.plan.rows
        was_missing = rows.missing
        rows.hear(answer)
        if was_missing and not rows.missing:
            self.report()

    def report(self) -> None:
        if self.run is not None:
            self.run.reporter.report()

    def finish(self, drain_s: float) -> None:
        if self.run is not None:
            self.run.finish(drain_s)

    @property
    def takes_part(self) -> bool:
        """In a run, and has not begun to say its last word."""
        return self.run is not None and not self.run.is_finishing

    @property
    def drain_s(self) -> float:
        """How long requests in flight may take to finish."""
        return 0.0 if self.run is None else self.run.plan.drain_s

    # --- for its users ----------------------------------------------------------------------

    @property
    def position(self) -> int:
        """Of the scenario that runs, or ran last."""
        return 0 if self.run is None else self.run.position

    def displaced(self, stage: StageRecord, from_s: float, to_s: float) -> None:
        """The generator was late with an operation; in another second the load was another."""
        zero_s, displaced = self.dispatcher.zero_s, stage.displaced
        planned, real = int(from_s - zero_s), int(to_s - zero_s)
        if planned != real:
            displaced[planned] = displaced.get(planned, 0) + 1
            displaced[real] = displaced.get(real, 0) - 1

    def report_crash(self, sentence: str) -> None:
        if self.run is not None:
            self.run.reporter.add_crash(self.redact(sentence))

    def note_raised(self) -> None:
        if self._has_raised():
            self.report_crash(f"a listener or greenlet of {self.worker} raised; its log says more")

    def redact(self, text: str) -> str:
        """The text without the values of secret headers."""
        return text if self.run is None else self.run.plan.secrets.redact(text)


def attach(environment: Environment, agent: Agent) -> None:
    """Puts the process's agent where its users find it."""
    setattr(environment, _NAME, agent)


def agent_of(environment: Environment) -> Agent:
    return cast(Agent, getattr(environment, _NAME))


def agent_if_any(environment: Environment) -> Agent | None:
    """None where nobody makes load for jobload, as on a master."""
    return getattr(environment, _NAME, None)


_NAME = "jobload_agent"
