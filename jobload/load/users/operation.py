"""One operation of several steps under way, and the account of its time.

Two courses run beside each other. The real one: what the clock said when a step had ended. And
`course_s`, that of a generator without any delay of its own: it goes on by what the target took,
and by pauses as they were planned. Each step begins where the one before it has ended, so that the
steps of an operation and its pauses add up to it, on either course.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent import GreenletExit

from jobload.load.http.http_error import OUT_OF_TIME, HttpError
from jobload.load.http.reply import Reply
from jobload.load.http.retry_after import asked_wait_s
from jobload.load.trace.timeline import Timeline, attempt_times, noted
from jobload.load.users.exchange import POLL_FAILED, Exchange, Flaw, StepFailedError, Waiting
from jobload.load.users.tally import Tally
from jobload.measure.error_counts import writable
from jobload.measure.failed_times import FailedTimes
from jobload.measure.noted_operation import NotedOperation
from jobload.measure.stage_record import LATE_S, EndpointRecord, StageRecord

if TYPE_CHECKING:
    from jobload.load.users.operation_user import OperationUser

NOTHING_S = 1e-7
POLL_TIMEOUT = "poll-timeout"
NO_TIME_LEFT = "operation-timeout"
GIVEN_UP = OUT_OF_TIME | {POLL_TIMEOUT, NO_TIME_LEFT}
"""Whoever waited on would have waited longer."""


class Operation:
    """Begins when it is made; ends once, with `succeed`, `fail` or `censor`."""

    def __init__(
        self,
        user: OperationUser,
        intended_s: float,
        stage: StageRecord,
        name: str,
        timeout_s: float | None,
    ) -> None:
        self._user = user
        self._agent = user.agent
        self._stage = stage
        tally = user.flow_tally
        if tally is None or tally.stage is not stage or tally.label != name:
            tally = user.flow_tally = user.agent.tallies.of_flow(stage, name)
        self._tally = tally
        self.record = self._tally.endpoint
        self.record.started += 1
        self.intended_s = intended_s
        """Later by each pause that the plan has made in it."""
        self._first_s = intended_s
        self._timeline = Timeline()
        choice = self._agent.trace_choice
        self.trace = None if choice is None else choice.next()
        self.course_s = self._began_course_s = max(user.free_s, intended_s)
        user.began_s = self._began_s = self._at_s = self.sent_s = now_s = perf_counter()
        self._deadline_s = float("inf") if timeout_s is None else now_s + timeout_s
        self._service_s = 0.0
        self._lag_s = 0.0
        self._unsettled: tuple[Exchange, Tally, Reply, _Courses] | None = None
        self.steps = 0
        self._retries = 0
        self._polls = 0
        if now_s - self.course_s > LATE_S:
            self._agent.displaced(stage, self.course_s, now_s)

    @property
    def behind_s(self) -> float:
        """How much later than without the generator's own delay its newest part began."""
        return max(0.0, self.sent_s - max(self.course_s, self.intended_s))

    # --- steps ------------------------------------------------------------------------------

    def do(self, step: Exchange) -> Reply:
        """StepFailedError when it has failed. One that succeeded may still be said to have failed,
        until the next one begins."""
        if self._unsettled is not None:
            self.settle()
        self._go_on()
        request = step.render()
        if (tally := step.tally) is None or tally.stage is not self._stage:
            tally = self._agent.tallies.of_request(
                self._stage, step.method, step.label, is_step=True
            )
            step.tally = tally
        tally.endpoint.started += 1
        self.steps += 1
        self._polls = 1
        began = _Courses(self._at_s, self.course_s)
        try:
            reply, flaw = self._answered(step, tally, began, request)
            if flaw is None and step.waiting is not None:
                assert reply is not None
                reply, flaw = self._polled(step, step.waiting, tally, began, reply)
        except StepFailedError as error:
            self._fail_step(step, tally, began, None, (error.kind, error.detail))
            raise
        except Exception as error:
            self._fail_step(
                step, tally, began, None, (f"exception-{type(error).__name__}", str(error))
            )
            raise
        except BaseException:
            tally.endpoint.censored += 1
            raise
        if step.waiting is not None:
            self._note_completion(reply, flaw)
        if flaw is not None:
            self._fail_step(step, tally, began, reply, flaw)
            raise StepFailedError(step.label, flaw)
        assert reply is not None
        self._at_s = reply.read_s
        self._unsettled = step, tally, reply, began
        return reply

    def settle(self, flaw: Flaw | None = None) -> None:
        """The newest step has succeeded, or failed after all."""
        if (unsettled := self._unsettled) is None:
            return
        self._unsettled = None
        step, tally, reply, began = unsettled
        if flaw is not None:
            self._fail_step(step, tally, began, reply, flaw)
            return
        tally.endpoint.succeeded += 1
        service_us = int(reply.target_s * 1e6)
        upper_us = int((reply.read_s - began.at_s) * 1e6)
        lower_us = int((self.course_s - began.course_s) * 1e6)
        tally.upper_us.append(upper_us)
        tally.service_us.append(service_us)
        tally.ended_s.append(reply.read_s)
        tally.lengths.append(len(reply.body))
        if lower_us != service_us:
            tally.waited.append((service_us, min(upper_us, lower_us)))
        self._service_s += reply.target_s
        if len(tally.ended_s) >= tally.most or self._user.is_heard:
            tally.flush()

    def _fail_step(
        self, step: Exchange, tally: Tally, began: _Courses, reply: Reply | None, flaw: Flaw
    ) -> None:
        self._at_s = perf_counter() if reply is None else reply.read_s
        kind, detail = flaw
        tally.endpoint.failed += 1
        tally.endpoint.errors.add(kind, self._agent.redact(detail))
        upper_us = int((self._at_s - began.at_s) * 1e6)
        lower_us = int((self.course_s - began.course_s) * 1e6)
        self._times(tally.endpoint, flaw).add(upper_us, lower_us)
        tally.flush()
        service_s, length = (0.0, 0) if reply is None else (reply.target_s, len(reply.body))
        self._agent.feed.failed(step.method, step.label, service_s * 1e3, length, kind)

    def _answered(
        self, step: Exchange, tally: Tally, began: _Courses, request: bytes
    ) -> tuple[Reply | None, Flaw | None]:
        reply, flaw = self._attempt(step, tally, request)
        if flaw is None:
            return reply, None
        reply, flaw = self._retried(step, tally, request, reply, flaw)
        if flaw is None or reply is None or reply.status != 401 or step.renew is None:
            return reply, flaw
        return self._renewed(step, tally, began, reply, flaw)

    # --- attempts ---------------------------------------------------------------------------

    def _retried(
        self, step: Exchange, tally: Tally, request: bytes, reply: Reply | None, flaw: Flaw | None
    ) -> tuple[Reply | None, Flaw | None]:
        retry = 1
        while flaw is not None and (pause_s := step.retry.wait_s(retry, reply)) is not None:
            if self._left_s < pause_s:
                break
            self._wait(pause_s)
            self._count_retry(tally)
            retry += 1
            reply, flaw = self._attempt(step, tally, request)
        return reply, flaw

    def _attempt(
        self, step: Exchange, tally: Tally, request: bytes
    ) -> tuple[Reply | None, Flaw | None]:
        """Counted before it is sent."""
        endpoint = tally.endpoint
        endpoint.attempts += 1
        self.record.attempts += 1
        timeout_s = step.timeout_s
        self.sent_s = sent_s = perf_counter()
        if (left_s := self._deadline_s - sent_s) < timeout_s:
            timeout_s = max(left_s, 0.001)
        if self.trace is not None:
            request = self.trace.sign(request)
        try:
            reply = self._user.client.exchange(
                request, timeout_s, expect_body=step.method != "HEAD"
            )
        except HttpError as error:
            after_s = min(error.after_s, timeout_s)
            self.course_s += after_s
            gevent.sleep(0)  # a refusal may have come at once: others must have their turn
            failed = error.kind, error.detail
            flaw = self._out_of_time() if timeout_s < step.timeout_s else failed
            self._times(endpoint, flaw).service.record(int(after_s * 1e6))
            self._timeline.add(attempt_times(step.label, None, after_s, flaw[0], self.trace))
            return None, flaw
        self.course_s += reply.target_s
        self._lag_s = reply.lag_s
        if reply.lag_s >= 0.0:
            tally.lag_us.append(int(reply.lag_s * 1e6))
        else:
            self._stage.unstamped += 1
        if (wrong := step.flaw(reply)) is not None:
            self._times(endpoint, wrong).service.record(int(reply.target_s * 1e6))
        outcome = "" if wrong is None else wrong[0]
        self._timeline.add(attempt_times(step.label, reply, 0.0, outcome, self.trace))
        return reply, wrong

    @staticmethod
    def _times(record: EndpointRecord, flaw: Flaw) -> FailedTimes:
        return record.unsuccessful.to("given-up" if flaw[0] in GIVEN_UP else "failed")

    def _count_retry(self, tally: Tally) -> None:
        tally.endpoint.retries += 1
        self.record.retries += 1
        self._retries += 1

    def _renewed(
        self, step: Exchange, tally: Tally, began: _Courses, reply: Reply, flaw: Flaw
    ) -> tuple[Reply | None, Flaw | None]:
        """What was no longer good is made anew, which is no part of this step."""
        assert step.renew is not None
        self._at_s = at_s = reply.read_s
        course_s = self.course_s
        if not step.renew():
            return reply, flaw
        self.settle()
        began.at_s += self._at_s - at_s
        began.course_s += self.course_s - course_s
        self._count_retry(tally)
        request = step.render()
        return self._retried(step, tally, request, *self._attempt(step, tally, request))

    def _polled(
        self,
        step: Exchange,
        waiting: Waiting,
        tally: Tally,
        began: _Courses,
        reply: Reply | None,
    ) -> tuple[Reply | None, Flaw | None]:
        until_s = perf_counter() + waiting.timeout_s
        while True:
            assert reply is not None
            state = waiting.state(reply)
            if state is True:
                return reply, None
            if isinstance(state, tuple):
                return reply, state
            pause_s = max(waiting.every_s, asked_wait_s(reply) or 0.0)
            left_s = min(until_s, self._deadline_s) - perf_counter()
            if pause_s >= left_s:
                self._wait(max(0.0, left_s))
                limit = f"after {waiting.timeout_s:g} s" if until_s < self._deadline_s else "when"
                return reply, (POLL_TIMEOUT, f"{limit} {state}")
            self._wait(pause_s)
            tally.endpoint.repeats += 1
            self._polls += 1
            reply, flaw = self._answered(step, tally, began, step.render())
            if flaw is not None:
                return reply, flaw

    def _note_completion(self, reply: Reply | None, flaw: Flaw | None) -> None:
        """What was polled is a job that was followed, from the intended start of the operation."""
        jobs = self._stage.completion
        jobs.followed += 1
        jobs.polls += self._polls
        ended_s = perf_counter() if reply is None or flaw is not None else reply.read_s
        upper_us = int((ended_s - self.intended_s) * 1e6)
        lower_us = int((self.course_s - self.intended_s) * 1e6)
        if flaw is None:
            jobs.succeed(upper_us, lower_us)
        elif flaw[0] == POLL_FAILED:
            jobs.fail(upper_us, lower_us)
        else:
            jobs.unsuccessful.to("given-up").add(upper_us, lower_us)
            jobs.abandon(flaw[0], self._agent.redact(flaw[1]))

    @property
    def _left_s(self) -> float:
        return self._deadline_s - perf_counter()

    def _out_of_time(self) -> Flaw:
        return NO_TIME_LEFT, "the operation had no time left (operation_timeout)"

    # --- pauses -----------------------------------------------------------------------------

    def pause(self, pause_s: float) -> None:
        """Of the plan: the operation began so much later, as it were."""
        self.settle()
        self.intended_s += pause_s
        self._user.intended_s = self.intended_s
        self._stage.paused_us += int(pause_s * 1e6)
        self.course_s += pause_s
        left_s = self._at_s + pause_s - perf_counter()
        self._at_s = self.sent_s = self._at_s + pause_s
        self._rest(left_s)

    def _wait(self, pause_s: float) -> None:
        """Between attempts, from when the last one had ended."""
        self.course_s += pause_s
        self.sent_s = perf_counter() + pause_s
        self._rest(pause_s)

    def _rest(self, pause_s: float) -> None:
        self._agent.interrupted.wait(max(0.0, pause_s))
        self._go_on()

    def _go_on(self) -> None:
        if self._agent.interrupted.is_set():
            raise GreenletExit

    # --- its end ----------------------------------------------------------------------------

    def succeed(self) -> None:
        self.settle()
        self.record.succeeded += 1
        tally, service_s = self._tally, self._service_s
        upper_us = int((self._at_s - self.intended_s) * 1e6)
        service_us = int(service_s * 1e6)
        lower_us = int((self.course_s - self.intended_s) * 1e6)
        tally.upper_us.append(upper_us)
        tally.service_us.append(service_us)
        if lower_us != service_us:
            tally.waited.append((service_us, min(upper_us, lower_us)))
        if upper_us > tally.floor_us or self.trace is not None:
            tally.floor_us = self._agent.notes.succeeded(self._stage, self._noted(upper_us))
        recorder = self._agent.recorder
        besides_s = self.course_s - self._began_course_s - service_s
        if recorder.current is self._stage and besides_s < NOTHING_S:
            self._stage.ended_good += 1
            self._user.free_s = self.course_s
        else:
            self._account(service_s)
            recorder.ended(good=True)
        if len(tally.upper_us) >= tally.most:
            tally.flush()

    def fail(self, label: str | None, flaw: Flaw) -> None:
        self.settle()
        self.record.failed += 1
        kind, detail = flaw
        where = "" if label is None else f"{label}: "
        self.record.errors.add(f"{where}{kind}", self._agent.redact(detail))
        upper_us = int((self._at_s - self.intended_s) * 1e6)
        lower_us = int((self.course_s - self.intended_s) * 1e6)
        self._times(self.record, flaw).add(max(0, upper_us), max(0, lower_us))
        self._account(0.0)
        self._agent.recorder.ended(good=False)
        if self.trace is not None or self._stage.noted.wants_failed:
            step = label if label in self._stage.steps else None
            self._agent.notes.failed(self._stage, self._noted(upper_us, kind, step))

    def _noted(
        self, response_us: int, outcome: str = "", step: str | None = None
    ) -> NotedOperation:
        return noted(
            self._tally.label,
            run_began_s=self._agent.notes.run_began_s,
            intended_s=self._first_s,
            began_s=self._began_s,
            response_us=response_us,
            attempts=self._timeline.attempts,
            outcome=writable(outcome),
            step=step,
            paused_s=self.intended_s - self._first_s,
            retries=self._retries,
            unlisted=self._timeline.unlisted,
            trace=self.trace,
        )

    def censor(self) -> None:
        self.settle()
        self.record.censored += 1
        self._stage.not_ended(perf_counter() - self.intended_s, self.behind_s)

    def _account(self, recorded_s: float) -> None:
        """How long the user was in use, where the service time recorded does not say it."""
        user = self._user
        user.free_s = self.course_s
        besides_s = self.course_s - self._began_course_s - recorded_s
        user.note_use(self._agent.recorder, self._stage, besides_s, self._at_s, self._lag_s)


@dataclass(slots=True)
class _Courses:
    """An instant, or how long it took, on either course."""

    at_s: float
    course_s: float
