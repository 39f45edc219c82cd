"""The requests of a user whose operations are one request each: sent, retried, recorded."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent import GreenletExit

from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError
from jobload.load.http.reply import Reply
from jobload.load.http.success import Success
from jobload.load.trace.timeline import Timeline, attempt_of, noted
from jobload.load.users.ask_again import too_long
from jobload.load.users.exchange import kind_of, times_of
from jobload.load.users.long_wait import note_long_wait
from jobload.load.users.tally import Tally
from jobload.load.users.workload import Workload
from jobload.measure.recorder import Recorder
from jobload.measure.stage_record import LATE_S, EndpointRecord, StageRecord

if TYPE_CHECKING:
    from jobload.load.users.arrival_user import ArrivalUser


class RequestCourse:
    """Of one user in one scenario. What that says is kept here, where it costs less to look up."""

    __slots__ = (
        "_agent",
        "_client",
        "_failed_after_s",
        "_recorder",
        "_success",
        "_tally",
        "_timeline",
        "_timeout_s",
        "_trace_choice",
        "_user",
        "_workload",
    )

    def __init__(self, user: ArrivalUser) -> None:
        agent, workload = user.agent, user.workload
        assert workload is not None
        self._user = user
        self._agent = agent
        self._workload: Workload = workload
        self._timeout_s = workload.timeout_s
        self._success: Success = workload.success
        self._client: HttpClient = user.client
        self._recorder: Recorder = agent.recorder
        self._trace_choice = agent.trace_choice
        self._tally: Tally | None = None
        self._timeline = Timeline()
        """Of the newest operation that was retried."""
        self._failed_after_s = 0.0

    def operate(
        self,
        intended_s: float,
        stage: StageRecord,
        method: str,
        label: str,
        request: bytes,
        success: Success | None = None,
    ) -> Reply | None:
        user, agent = self._user, self._agent
        success = success or self._success
        recorder = self._recorder
        tally = self._tally
        if tally is None or tally.stage is not stage or tally.label != label:
            tally = self._tally = agent.tallies.of_request(stage, method, label)
        endpoint = tally.endpoint
        tally.started += 1
        tally.attempts += 1
        free_s = user.free_s
        if free_s < intended_s:
            free_s = intended_s
        before_s = 0.0
        reply: Reply | None
        kind: str | None = None
        trace, sent = None, request
        if (choice := self._trace_choice) is not None:
            trace = user.trace = choice.next()
            if trace is not None:
                sent = trace.sign(request)
        user.began_s = began_s = perf_counter()
        try:
            try:  # as `_attempt` does it, without a call
                reply = self._client.exchange(
                    sent, self._timeout_s, expect_body=method != "HEAD", began_s=began_s
                )
            except HttpError as unanswered:
                reply, kind, detail = self._without_reply(unanswered)
            else:
                if success.looks_inside or reply.status not in success.statuses:
                    kind, detail = success.flaw(reply, user.shown) or (None, "")
            if kind is not None and self._workload.retry.times:
                reply, kind, detail, before_s = self._retry(
                    endpoint, reply, kind, detail, method, request, success
                )
        except Exception as error:
            endpoint.failed += 1
            endpoint.errors.add(kind_of(error), agent.redact(str(error)))
            recorder.ended(good=False)
            agent.notes.failed_early(stage, label, intended_s, kind_of(error))
            raise
        except BaseException:
            endpoint.censored += 1
            stage.not_ended(perf_counter() - intended_s, user.behind_s)
            note_long_wait(agent, label, began_s, perf_counter(), in_vain=True)
            raise
        if began_s - free_s > LATE_S:
            agent.displaced(stage, free_s, began_s)
        if reply is None:
            ended_s, service_s, lag_s = perf_counter(), self._failed_after_s, 0.0
        else:
            ended_s, service_s = reply.read_s, reply.target_s
            tally.add_lag(lag_s := reply.lag_s)
        user.free_s = user_free_s = free_s + before_s + service_s
        if kind is not None:
            user.note_use(recorder, stage, before_s + service_s, ended_s, lag_s)
            note_long_wait(agent, label, began_s, began_s + before_s + service_s, in_vain=True)
            endpoint.failed += 1
            endpoint.errors.add(kind, detail)
            times = times_of(endpoint, kind)
            times.service.record(int(service_s * 1e6))
            times.add(int((ended_s - intended_s) * 1e6), int((user_free_s - intended_s) * 1e6))
            recorder.ended(good=False)
            if trace is not None or stage.noted.wants_failed:
                self._note(tally, ended_s, reply, kind, is_retried=before_s > 0)
            length = len(reply.body) if reply is not None else 0
            tally.flush()
            agent.feed.failed(method, label, service_s * 1e3, length, kind)
            return None
        assert reply is not None
        tally.succeeded += 1
        upper_s = ended_s - intended_s
        is_plain = free_s == intended_s and not before_s
        lower_s = service_s if is_plain else user_free_s - intended_s
        is_full = tally.add(ended_s, service_s, upper_s, lower_s, len(reply.body))
        if upper_s >= tally.told_from_s or trace is not None:
            self._note(tally, ended_s, reply, "", is_retried=before_s > 0)
        if recorder.current is stage and not before_s:
            tally.ended_good += 1
        else:
            recorder.ended(good=True)
            user.note_use(recorder, stage, before_s, ended_s, lag_s)
            note_long_wait(agent, label, began_s, began_s + before_s + service_s, in_vain=False)
        if is_full:
            tally.flush()
        return reply

    def _retry(
        self,
        endpoint: EndpointRecord,
        reply: Reply | None,
        kind: str | None,
        detail: str,
        method: str,
        request: bytes,
        success: Success,
    ) -> tuple[Reply | None, str | None, str, float]:
        """What came of the last attempt, and the time before it that is not the generator's."""
        before_s, retry, policy = 0.0, 1, self._workload.retry
        assert self._tally is not None
        label = self._tally.label
        timeline = self._timeline = Timeline()
        while kind is not None and (pause_s := policy.wait_s(retry, reply)) is not None:
            service_s = reply.target_s if reply is not None else self._failed_after_s
            times_of(endpoint, kind).service.record(int(service_s * 1e6))
            before_s += pause_s + service_s
            timeline.add(attempt_of(label, reply, service_s, kind, self._user.trace))
            self._user.note_wait(pause_s)
            self._agent.interrupted.wait(pause_s)
            if self._agent.interrupted.is_set():
                raise GreenletExit
            endpoint.attempts += 1
            endpoint.retries += 1
            reply, kind, detail = self._attempt(method, request, success)
            retry += 1
        return reply, kind, f"{too_long(reply, policy)}{detail}", before_s

    def _attempt(
        self, method: str, request: bytes, success: Success
    ) -> tuple[Reply | None, str | None, str]:
        """(reply, kind of error or None, detail)."""
        user = self._user
        if user.trace is not None:
            request = user.trace.sign(request)
        try:
            reply = self._client.exchange(request, self._timeout_s, expect_body=method != "HEAD")
        except HttpError as error:
            return self._without_reply(error)
        return reply, *(success.flaw(reply, user.shown) or (None, ""))

    def _note(
        self, tally: Tally, ended_s: float, reply: Reply | None, kind: str, *, is_retried: bool
    ) -> None:
        """Its operation is slow, or one of the first that failed, or traced."""
        user, notes = self._user, self._agent.notes
        timeline = self._timeline if is_retried else Timeline()
        timeline.add(attempt_of(tally.label, reply, self._failed_after_s, kind, user.trace))
        operation = noted(
            tally.label,
            timeline,
            run_began_s=notes.run_began_s,
            intended_s=user.intended_s,
            began_s=user.began_s,
            response_us=int((ended_s - user.intended_s) * 1e6),
            outcome=kind,
            retries=len(timeline.attempts) + timeline.unlisted - 1,
            trace=user.trace,
        )
        if kind:
            notes.failed(tally.stage, operation)
        else:
            tally.told_from_s = notes.succeeded(tally.stage, operation)

    def _without_reply(self, error: HttpError) -> tuple[None, str, str]:
        self._failed_after_s = min(error.after_s, self._timeout_s)
        gevent.sleep(0)  # a refusal may have come at once: others must have their turn
        return None, error.kind, self._agent.redact(error.detail)
