"""The way of one operation through time: its attempts, its pauses, its end.

Two courses run beside each other. The real one: what the clock said when a step had ended. And
`course_s`, that of a generator without any delay of its own: it goes on by what the target took,
and by pauses as they were planned. Each step begins where the one before it has ended, so that the
steps of an operation and its pauses add up to it, on either course.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent import GreenletExit

from jobload.load.http.http_error import OUT_OF_TIME, HttpError
from jobload.load.http.reply import Reply
from jobload.load.trace.timeline import Timeline, attempt_of
from jobload.load.trace.trace import Trace
from jobload.load.users.exchange import PAST_ITS_TIMEOUT, Exchange, Flaw, times_of
from jobload.load.users.tally import Tally
from jobload.measure.stage_record import LATE_S, EndpointRecord, StageRecord

if TYPE_CHECKING:
    from jobload.load.users.operation_user import OperationUser

NEVER_S = float("inf")


class OperationCourse:
    trace: Trace | None = None
    _lag_s = 0.0

    def __init__(
        self,
        user: OperationUser,
        intended_s: float,
        stage: StageRecord,
        name: str,
    ) -> None:
        agent, workload = user.agent, user.workload
        assert workload is not None
        timeout_s = workload.operation_timeout_s
        self._user = user
        self._agent = agent
        self._client = user.client
        self._recorder = agent.recorder
        self._interrupted = agent.interrupted
        self._stage = stage
        tally = user.flow_tally
        if tally is None or tally.stage is not stage or tally.label != name:
            tally = user.flow_tally = agent.tallies.of_flow(stage, name)
        self._tally = tally
        self.record = tally.endpoint
        self.record.started += 1
        self.intended_s = self._first_s = intended_s
        """Later by each pause that the plan has made in it."""
        self._timeline = Timeline()
        if (choice := agent.trace_choice) is not None:
            self.trace = choice.next()
        course_s = user.free_s
        if course_s < intended_s:
            course_s = intended_s
        self.course_s = self._began_course_s = course_s
        user.began_s = self._began_s = self._at_s = self.sent_s = now_s = perf_counter()
        self._deadline_s = NEVER_S if timeout_s is None else now_s + timeout_s
        if now_s - course_s > LATE_S:
            agent.displaced(stage, course_s, now_s)

    @property
    def behind_s(self) -> float:
        """How much later than without the generator's own delay its newest part began."""
        return max(0.0, self.sent_s - max(self.course_s, self.intended_s))

    def attempt(
        self, step: Exchange, tally: Tally, request: bytes
    ) -> tuple[Reply | None, Flaw | None]:
        """Counted before it is sent."""
        tally.attempts += 1
        self._tally.attempts += 1
        if self._recorder.current is not self._stage:
            self._recorder.carried(self._stage)
        timeout_s = step.timeout_s
        self.sent_s = sent_s = perf_counter()
        if (left_s := self._deadline_s - sent_s) < timeout_s:
            timeout_s = max(left_s, 0.001)
        span = ""
        if (trace := self.trace) is not None:
            request = trace.sign(request)
            span = trace.span
        try:
            reply = self._client.exchange(
                request, timeout_s, expect_body=step.method != "HEAD", began_s=sent_s
            )
        except HttpError as error:
            return None, self._unanswered(step, tally.endpoint, error, timeout_s)
        target_s, lag_s = reply.target_s, reply.lag_s
        self.course_s += target_s
        self._lag_s = lag_s
        tally.add_lag(lag_s)
        outcome = ""
        if (wrong := step.flaw(reply)) is not None:
            outcome = wrong[0]
            times_of(tally.endpoint, outcome).service.record(int(target_s * 1e6))
        self._timeline.add((step.label, reply.read_s, lag_s, target_s, outcome, span))
        return reply, wrong

    def _unanswered(
        self, step: Exchange, endpoint: EndpointRecord, error: HttpError, timeout_s: float
    ) -> Flaw:
        after_s = min(error.after_s, timeout_s)
        self.course_s += after_s
        gevent.sleep(0)  # a refusal may have come at once: others must have their turn
        flaw = error.kind, error.detail
        if error.kind in OUT_OF_TIME and error.after_s >= timeout_s < step.timeout_s:
            flaw = PAST_ITS_TIMEOUT
        times_of(endpoint, flaw[0]).service.record(int(after_s * 1e6))
        self._timeline.add(attempt_of(step.label, None, after_s, flaw[0], self.trace))
        return flaw

    # --- pauses -----------------------------------------------------------------------------

    def _wait(self, pause_s: float) -> None:
        """Between attempts, from when the last one had ended."""
        self._user.note_wait(pause_s)
        self.course_s += pause_s
        self.sent_s = perf_counter() + pause_s
        self._rest(pause_s)

    def _rest(self, pause_s: float) -> None:
        self._interrupted.wait(max(0.0, pause_s))
        if self._interrupted.is_set():
            raise GreenletExit
