"""The steps of one operation: each sent, sent again where it failed, asked again where it waits."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from gevent import GreenletExit

from jobload.load.http.reply import Reply
from jobload.load.http.retry_after import asked_wait_s
from jobload.load.users.exchange import (
    POLL_FAILED,
    POLL_TIMEOUT,
    Exchange,
    Flaw,
    StepFailedError,
    Waiting,
    kind_of,
    times_of,
)
from jobload.load.users.long_wait import note_long_wait
from jobload.load.users.operation_course import OperationCourse
from jobload.load.users.tally import Tally

NOTHING_S: Final = 1e-7


class OperationSteps(OperationCourse):
    steps = 0
    _retries = 0
    _polls = 0
    _service_s = 0.0
    _step_at_s: float
    _step_course_s: float
    """When the newest step began, on either course."""
    _failed: StepFailedError | None = None
    """The first step that did, also where the user went on as if it had not."""
    _unsettled: tuple[Exchange, Tally, Reply] | None = None

    def do(self, step: Exchange) -> Reply:
        """StepFailedError when it has failed. One that succeeded may still be said to have failed,
        until the next one begins."""
        if self._unsettled is not None:
            self.settle()
        if self._interrupted.is_set():
            raise GreenletExit
        request = step.render()
        if (tally := step.tally) is None or tally.stage is not self._stage:
            tally = self._agent.tallies.of_request(
                self._stage, step.method, step.label, is_step=True
            )
            step.tally = tally
        tally.started += 1
        self.steps += 1
        self._step_at_s, self._step_course_s = self._at_s, self.course_s
        try:
            reply, flaw = self.attempt(step, tally, request)
            if flaw is not None:
                reply, flaw = self._again(step, tally, reply, flaw)
            if step.waiting is not None:
                reply, flaw = self._waited(step, step.waiting, tally, reply, flaw)
        except StepFailedError as failed:
            self._fail_step(step, tally, None, (failed.kind, failed.detail))
            raise
        except Exception as error:
            self._fail_step(step, tally, None, (kind_of(error), str(error)))
            raise
        except BaseException:
            tally.endpoint.censored += 1
            self._note_long_wait(step, perf_counter() - self._step_at_s, in_vain=True)
            raise
        if flaw is not None:
            self._fail_step(step, tally, reply, flaw)
            raise StepFailedError(step.label, flaw)
        assert reply is not None
        self._at_s = reply.read_s
        self._unsettled = step, tally, reply
        return reply

    def settle(self, flaw: Flaw | None = None) -> None:
        """The newest step has succeeded, or failed after all."""
        if (unsettled := self._unsettled) is None:
            return
        self._unsettled = None
        step, tally, reply = unsettled
        if flaw is not None:
            self._fail_step(step, tally, reply, flaw)
            return
        tally.succeeded += 1
        ended_s, service_s = reply.read_s, reply.target_s
        lower_s = self.course_s - self._step_course_s
        if -NOTHING_S < lower_s - service_s < NOTHING_S:
            lower_s = service_s
        upper_s = ended_s - self._step_at_s
        is_full = tally.add(ended_s, service_s, upper_s, lower_s, len(reply.body))
        self._service_s += service_s
        if self._recorder.current is not self._stage:
            self._note_long_wait(step, lower_s, in_vain=False)
        if is_full:
            tally.flush()

    def fail_newest(self, label: str, flaw: Flaw) -> StepFailedError:
        """A pause after a step has settled it: then only the operation has failed."""
        self.settle(flaw)
        failed = StepFailedError(label, flaw)
        self._failed = self._failed or failed
        return failed

    def _fail_step(self, step: Exchange, tally: Tally, reply: Reply | None, flaw: Flaw) -> None:
        self._failed = self._failed or StepFailedError(step.label, flaw)
        self._at_s = perf_counter() if reply is None else reply.read_s
        kind, detail = flaw
        tally.endpoint.failed += 1
        tally.endpoint.errors.add(kind, self._agent.redact(detail))
        upper_us = int((self._at_s - self._step_at_s) * 1e6)
        lower_us = int((self.course_s - self._step_course_s) * 1e6)
        times_of(tally.endpoint, kind).add(upper_us, lower_us)
        tally.flush()
        self._note_long_wait(step, lower_us / 1e6, in_vain=True)
        service_s, length = (0.0, 0) if reply is None else (reply.target_s, len(reply.body))
        self._agent.feed.failed(step.method, step.label, service_s * 1e3, length, kind)

    def _note_long_wait(self, step: Exchange, for_s: float, *, in_vain: bool) -> None:
        """A poll that was good in the end has had replies, and pauses of the plan."""
        if in_vain or step.waiting is None:
            from_s = self._step_at_s
            note_long_wait(self._agent, step.label, from_s, from_s + for_s, in_vain=in_vain)

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

    # --- more attempts ----------------------------------------------------------------------

    def _again(
        self, step: Exchange, tally: Tally, reply: Reply | None, flaw: Flaw
    ) -> tuple[Reply | None, Flaw | None]:
        """What comes of a first attempt that has failed."""
        reply, still = self._retried(step, tally, reply, flaw)
        if still is None or reply is None or reply.status != 401 or step.renew is None:
            return reply, still
        return self._renewed(step, tally, reply, still)

    def _retried(
        self, step: Exchange, tally: Tally, reply: Reply | None, flaw: Flaw | None
    ) -> tuple[Reply | None, Flaw | None]:
        retry = 1
        while flaw is not None and (pause_s := step.retry.wait_s(retry, reply)) is not None:
            if self._deadline_s - perf_counter() < pause_s:
                break
            self._wait(pause_s)
            self._count_retry(tally)
            retry += 1
            reply, flaw = self.attempt(step, tally, step.again())
        return reply, flaw

    def _count_retry(self, tally: Tally) -> None:
        tally.endpoint.retries += 1
        self.record.retries += 1
        self._retries += 1

    def _renewed(
        self, step: Exchange, tally: Tally, reply: Reply, flaw: Flaw
    ) -> tuple[Reply | None, Flaw | None]:
        """What was no longer good is made anew, which is no part of this step."""
        assert step.renew is not None
        began_at_s, began_course_s = self._step_at_s, self._step_course_s
        self._at_s = at_s = reply.read_s
        course_s = self.course_s
        try:
            if not step.renew():
                return reply, flaw
            self.settle()
            began_at_s += self._at_s - at_s
            began_course_s += self.course_s - course_s
        finally:
            self._step_at_s, self._step_course_s = began_at_s, began_course_s
        self._count_retry(tally)
        return self._retried(step, tally, *self.attempt(step, tally, step.render()))

    # --- polls ------------------------------------------------------------------------------

    def _waited(
        self,
        step: Exchange,
        waiting: Waiting,
        tally: Tally,
        reply: Reply | None,
        flaw: Flaw | None,
    ) -> tuple[Reply | None, Flaw | None]:
        """What was polled is a job that was followed, from the intended start of the operation."""
        self._polls = 1
        if flaw is None:
            assert reply is not None
            reply, flaw = self._polled(step, waiting, tally, reply)
        jobs = self._stage.completion
        jobs.followed += 1
        jobs.polls += self._polls
        ended_s = perf_counter() if reply is None or flaw is not None else reply.read_s
        upper_s, lower_s = ended_s - self.intended_s, self.course_s - self.intended_s
        if flaw is None:
            jobs.succeeded += 1
            tally.add_completion(upper_s, lower_s)
            return reply, None
        upper_us, lower_us = int(upper_s * 1e6), int(lower_s * 1e6)
        if flaw[0] == POLL_FAILED:
            jobs.fail(upper_us, lower_us)
        else:
            jobs.unsuccessful.to("given-up").add(upper_us, lower_us)
            jobs.abandon(flaw[0], self._agent.redact(flaw[1]))
        return reply, flaw

    def _polled(
        self, step: Exchange, waiting: Waiting, tally: Tally, reply: Reply
    ) -> tuple[Reply | None, Flaw | None]:
        until_s = perf_counter() + waiting.timeout_s
        while True:
            state = waiting.state(reply)
            if state is True:
                return reply, None
            if isinstance(state, tuple):
                return reply, state
            asked_s = asked_wait_s(reply) or 0.0
            pause_s = max(waiting.every_s, asked_s)
            left_s = min(until_s, self._deadline_s) - perf_counter()
            if pause_s >= left_s:
                self._wait(max(0.0, left_s))
                limit = f"after {waiting.timeout_s:g} s" if until_s < self._deadline_s else "when"
                asks = f"; Retry-After is {asked_s:g} s" if asked_s == pause_s else ""
                return reply, (POLL_TIMEOUT, f"{limit} {state}{asks}")
            self._wait(pause_s)
            tally.endpoint.repeats += 1
            self._polls += 1
            next_reply, flaw = self.attempt(step, tally, step.render())
            if flaw is not None:
                next_reply, flaw = self._again(step, tally, next_reply, flaw)
            if flaw is not None:
                return next_reply, flaw
            assert next_reply is not None
            reply = next_reply
