"""A Locust user that takes arrivals from its process and turns them into operations."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent import GreenletExit
from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import OUT_OF_TIME, HttpError
from jobload.load.http.success import Success
from jobload.load.process.agent import Agent, agent_of
from jobload.load.rows.once_share import REFUSED_FOR_S
from jobload.load.rows.row import RowsSpent
from jobload.load.trace.timeline import AttemptTimes, attempt_times, noted
from jobload.load.trace.trace import Trace
from jobload.load.users.tally import Tally
from jobload.load.users.workload import Workload
from jobload.measure.failed_times import FailedTimes
from jobload.measure.noted_operation import MOST_ATTEMPTS
from jobload.measure.recorder import Recorder
from jobload.measure.stage_record import LATE_US, EndpointRecord, StageRecord
from jobload.plan.scenario import Scenario

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply

SHOWN_CHARACTERS = 200
NO_ROW = "no-row"
LATE_S = LATE_US / 1e6


class ArrivalUser(User):
    """Performs one operation for each arrival it is given. Subclasses say what an operation is.

    `prepare` is called when a scenario begins, `perform` for every arrival; `perform` makes exactly
    one call of `operate`.
    """

    abstract = True
    agent: Agent
    client: HttpClient
    workload: Workload | None = None
    number: int = 0
    position: int = 0
    keys: int = 0
    unacknowledged: list[int]
    stage: StageRecord | None = None
    """That of the arrival it is busy with."""
    intended_s: float = 0.0
    free_s: float = 0.0
    """When it would have been free again, had the generator itself never been late."""
    began_s: float = 0.0
    """When its operation really did."""
    is_following: bool = False
    """Busy with what comes after its operation."""
    acts_on_stop = False
    trace: Trace | None = None
    """Of its operation, if that is traced."""
    _earlier: list[AttemptTimes]
    """Attempts of it before the last one, if it was retried."""
    _tally: Tally | None = None
    _failed_after_s: float = 0.0
    _asks: bool = False
    _is_counted: bool = False

    @classmethod
    def labels(cls, scenario: Scenario) -> tuple[str, ...] | None:
        """The endpoints, as results name them, that its operations go to; None: not known."""
        return None

    def prepare(self, workload: Workload) -> None:
        raise NotImplementedError

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        raise NotImplementedError

    def on_start(self) -> None:
        self.agent = agent_of(self.environment)
        self.unacknowledged = []
        self._feed = self.agent.feed
        self.agent.enter(self)
        self.number = self.agent.next_number()
        self._asks = True

    def on_stop(self) -> None:
        self._stop_asking()
        self.agent.gone(self)
        if self.workload is not None:
            self.client.close()

    @property
    def busy(self) -> bool:
        return self.stage is not None

    @property
    def behind_s(self) -> float:
        """How much later than without the generator's own delay its operation began."""
        return max(0.0, self.began_s - max(self.free_s, self.intended_s))

    @task
    def take_arrivals(self) -> None:
        dispatcher = self.agent.dispatcher
        while self._state != LOCUST_STATE_STOPPING:
            self.intended_s = intended_s = dispatcher.take()
            self.stage = stage = dispatcher.stage
            self._is_counted = False
            # For so long nobody knows who was free, so it is not held against the target.
            self.free_s -= dispatcher.stood_still_s
            try:
                if self.workload is not self.agent.workload:
                    self._change_workload()
                self.perform(intended_s, stage)
                if not self._is_counted:
                    raise RuntimeError("perform ended without a call of operate")
            except StopUser:
                self._count_censored(stage)
                raise
            except RowsSpent as error:
                self._note_without_row(stage, error)
            except Exception as error:
                self._blame_user(stage, error)
            except BaseException:
                self._count_censored(stage)
                raise
            self.stage = None
        raise StopUser

    def stop(self, force: bool = False) -> bool:
        """A user that waits for an arrival goes at once; a busy one after its operation."""
        if self._asks:
            self._stop_asking()
            force = force or not self.busy
        stopped: bool = super().stop(force)
        return stopped

    def _stop_asking(self) -> None:
        if self._asks:
            self._asks = False
            self.agent.leave(self)

    def _change_workload(self) -> None:
        if self.workload is not None:
            self.client.close()
            self.agent.close_ledger(self)
            self.number = self.agent.next_number()
        self.workload = self.agent.workload
        self.position = self.agent.position
        self.trace = None
        assert self.workload is not None
        self.client = client_for(self.workload, self._on_connected)
        self.prepare(self.workload)

    def _on_connected(self, connecting_s: float) -> None:
        if self.stage is not None:
            self.stage.connecting.record(int(connecting_s * 1e6))

    @property
    def key_start(self) -> bytes:
        """Of the keys that identify its operations to the target; their count completes them."""
        return b"%b-%d-" % (self.agent.key_prefix, self.number)

    def operate(
        self,
        intended_s: float,
        stage: StageRecord,
        method: str,
        label: str,
        request: bytes,
        success: Success | None = None,
    ) -> Reply | None:
        """One operation, all its attempts: sent, retried, recorded. The reply if it succeeded.

        `success` is by default what the scenario says of its own request.
        """
        if self._is_counted:
            raise RuntimeError("perform called operate twice for one arrival")
        workload = self.workload
        assert workload is not None
        success = success or workload.success
        recorder = self.agent.recorder
        tally = self._tally
        if tally is None or tally.stage is not stage or tally.label != label:
            tally = self._tally = self.agent.tally(stage, method, label)
        endpoint = tally.endpoint
        endpoint.started += 1
        endpoint.attempts += 1
        self._is_counted = True
        free_s = self.free_s
        if free_s < intended_s:
            free_s = intended_s
        before_s = 0.0
        reply: Reply | None
        kind: str | None = None
        trace, sent = None, request
        if (choice := self.agent.trace_choice) is not None:
            trace = self.trace = choice.next()
            if trace is not None:
                sent = trace.sign(request)
        self.began_s = began_s = perf_counter()
        try:
            try:  # as `_attempt` does it, without a call
                reply = self.client.exchange(sent, workload.timeout_s, expect_body=method != "HEAD")
            except HttpError as error:
                reply, kind, detail = self._without_reply(error, workload)
            else:
                if success.looks_inside or reply.status not in success.statuses:
                    kind, detail = self._problem(reply, success)
            if kind is not None and workload.retry.times:
                reply, kind, detail, before_s = self._retry(
                    endpoint, reply, kind, detail, workload, method, request, success
                )
        except Exception as error:
            endpoint.failed += 1
            endpoint.errors.add(_kind_of(error), self.agent.redact(str(error)))
            recorder.ended(good=False)
            self._note_failed_early(stage, label, _kind_of(error))
            raise
        except BaseException:
            endpoint.censored += 1
            stage.not_ended(perf_counter() - intended_s, self.behind_s)
            raise
        if began_s - free_s > LATE_S:
            self.agent.displaced(stage, free_s, began_s)
        if reply is None:
            ended_s, service_s, lag_s = perf_counter(), self._failed_after_s, 0.0
        else:
            ended_s, service_s = reply.read_s, reply.target_s
            if (lag_s := reply.lag_s) >= 0.0:
                tally.lag_us.append(int(lag_s * 1e6))
            else:
                stage.unstamped += 1
        self.free_s = free_s + before_s + service_s
        if kind is not None:
            self._note_use(recorder, stage, before_s, service_s, ended_s, lag_s)
            endpoint.failed += 1
            endpoint.errors.add(kind, detail)
            times = _failed_times(endpoint, kind)
            times.service.record(int(service_s * 1e6))
            times.add(int((ended_s - intended_s) * 1e6), int((self.free_s - intended_s) * 1e6))
            recorder.ended(good=False)
            if trace is not None or stage.noted.wants_failed:
                self._note(tally, ended_s, reply, kind, is_retried=before_s > 0)
            length = len(reply.body) if reply is not None else 0
            tally.flush()
            self._feed.failed(method, label, service_s * 1e3, length, kind)
            return None
        assert reply is not None
        endpoint.succeeded += 1
        service_us = int(service_s * 1e6)
        upper_us = int((ended_s - intended_s) * 1e6)
        tally.upper_us.append(upper_us)
        tally.service_us.append(service_us)
        tally.ended_s.append(ended_s)
        tally.lengths.append(len(reply.body))
        if before_s or free_s != intended_s:
            lower_us = min(upper_us, int((self.free_s - intended_s) * 1e6))
            tally.waited.append((service_us, lower_us))
        if upper_us > tally.floor_us or trace is not None:
            self._note(tally, ended_s, reply, "", is_retried=before_s > 0)
        if recorder.current is stage and not before_s:
            stage.ended_good += 1
        else:
            recorder.ended(good=True)
            self._note_use(recorder, stage, before_s, 0.0, ended_s, lag_s)
        if len(tally.ended_s) >= tally.most or len(self._feed.handlers) != 1:
            tally.flush()
        return reply

    def _retry(
        self,
        endpoint: EndpointRecord,
        reply: Reply | None,
        kind: str | None,
        detail: str,
        workload: Workload,
        method: str,
        request: bytes,
        success: Success,
    ) -> tuple[Reply | None, str | None, str, float]:
        """What came of the last attempt, and the time before it that is not the generator's."""
        before_s, retry = 0.0, 1
        earlier = self._earlier = []
        while kind is not None and (pause_s := workload.retry.wait_s(retry, reply)) is not None:
            service_s = reply.target_s if reply is not None else self._failed_after_s
            _failed_times(endpoint, kind).service.record(int(service_s * 1e6))
            before_s += pause_s + service_s
            assert self._tally is not None
            label = self._tally.label
            earlier.append(attempt_times(label, reply, service_s, kind, self.trace))
            self.agent.interrupted.wait(pause_s)
            if self.agent.interrupted.is_set():
                raise GreenletExit
            endpoint.attempts += 1
            endpoint.retries += 1
            reply, kind, detail = self._attempt(workload, method, request, success)
            retry += 1
        return reply, kind, detail, before_s

    def _note_use(
        self,
        recorder: Recorder,
        stage: StageRecord,
        before_s: float,
        failed_s: float,
        ended_s: float,
        lag_s: float,
    ) -> None:
        """How long the target kept this user, where service times do not say it; what lies after
        the end of the stage was in another. A reply that had come before it and was read after it
        would have let the user go on."""
        stage.other_use_us += int((before_s + failed_s) * 1e6)
        arrived_s = ended_s - max(0.0, lag_s)
        over_s = recorder.over_s(stage, arrived_s)
        if stage.missed and (unread_s := recorder.over_s(stage, ended_s)) > 0.0:
            stage.behind_us += int(max(0.0, lag_s - unread_s) * 1e6)
        stage.other_use_us -= int(over_s * 1e6)
        if over_s and (current := recorder.current) is not None:
            within_s = arrived_s - self.agent.dispatcher.opened_s
            current.other_use_us += int(min(over_s, within_s) * 1e6)

    def _note(
        self, tally: Tally, ended_s: float, reply: Reply | None, kind: str, *, is_retried: bool
    ) -> None:
        """Its operation, for it is slow, or one of the first that failed, or traced."""
        last = attempt_times(tally.label, reply, self._failed_after_s, kind, self.trace)
        earlier = self._earlier if is_retried else []
        operation = noted(
            tally.label,
            run_began_s=self.agent.notes.run_began_s,
            intended_s=self.intended_s,
            began_s=self.began_s,
            response_us=int((ended_s - self.intended_s) * 1e6),
            attempts=[*earlier, last][-MOST_ATTEMPTS:],
            outcome=kind,
            retries=len(earlier),
            unlisted=max(0, len(earlier) + 1 - MOST_ATTEMPTS),
            trace=self.trace,
        )
        if kind:
            self.agent.notes.failed(tally.stage, operation)
        else:
            tally.floor_us = self.agent.notes.succeeded(tally.stage, operation)

    def _note_failed_early(self, stage: StageRecord, name: str, kind: str) -> None:
        self.agent.notes.failed_early(stage, name, self.intended_s, perf_counter(), kind)

    def _attempt(
        self, workload: Workload, method: str, request: bytes, success: Success
    ) -> tuple[Reply | None, str | None, str]:
        """(reply, kind of error or None, detail)."""
        if self.trace is not None:
            request = self.trace.sign(request)
        try:
            reply = self.client.exchange(request, workload.timeout_s, expect_body=method != "HEAD")
        except HttpError as error:
            return self._without_reply(error, workload)
        return reply, *self._problem(reply, success)

    def _without_reply(self, error: HttpError, workload: Workload) -> tuple[None, str, str]:
        self._failed_after_s = min(error.after_s, workload.timeout_s)
        gevent.sleep(0)  # a refusal may have come at once: others must have their turn
        return None, error.kind, self.agent.redact(error.detail)

    def _problem(self, reply: Reply, success: Success) -> tuple[str | None, str]:
        if reply.status not in success.statuses:
            return f"http-{reply.status}", self._shown(reply.body)
        if success.looks_inside and (problem := success.problem(reply)):
            return "unexpected-reply", f"{problem}: {self._shown(reply.body)}"
        return None, ""

    def _shown(self, body: bytes) -> str:
        """Secrets go first: cut in two, they would not be recognised."""
        return self.agent.redact(body.decode("utf-8", "replace"))[:SHOWN_CHARACTERS]

    def _blame_user(self, stage: StageRecord, error: Exception) -> None:
        """An exception of `perform` itself: its arrival counts as failed, and the run is told."""
        if not self._is_counted:
            endpoint = self._own_endpoint(stage)
            endpoint.failed += 1
            endpoint.errors.add(_kind_of(error), self.agent.redact(str(error)))
            self.agent.recorder.ended(good=False)
            self._note_failed_early(stage, type(self).__name__, _kind_of(error))
        self.agent.report_crash(f"{type(self).__name__}: {type(error).__name__}: {error}")
        self.environment.events.user_error.fire(
            user_instance=self, exception=error, tb=error.__traceback__
        )
        gevent.sleep(0)  # or a user that fails at once, without a rate, would fail for ever

    def _note_without_row(self, stage: StageRecord, spent: RowsSpent) -> None:
        """The operation failed, and not by the target's doing: the verdict tells of it."""
        if not self._is_counted:
            endpoint = self._own_endpoint(stage)
            endpoint.failed += 1
            endpoint.errors.add(NO_ROW, str(spent))
            self.agent.recorder.ended(good=False)
            self._note_failed_early(stage, type(self).__name__, NO_ROW)
        # Without a rate nothing else would keep the user from failing again at once.
        gevent.sleep(0 if self.agent.dispatcher.has_rate else REFUSED_FOR_S)

    def _count_censored(self, stage: StageRecord) -> None:
        """It was ended before it came to its operation."""
        if not self._is_counted:
            self._own_endpoint(stage).censored += 1
            stage.not_ended(perf_counter() - self.intended_s)

    def _own_endpoint(self, stage: StageRecord) -> EndpointRecord:
        """Counts an arrival that never became an operation, under the name of the user."""
        self._is_counted = True
        endpoint = stage.endpoint(type(self).__name__)
        endpoint.started += 1
        endpoint.attempts += 1
        return endpoint


def client_for(workload: Workload, on_connected: Callable[[float], None]) -> HttpClient:
    return HttpClient(
        workload.origin,
        tls=workload.tls,
        addresses=workload.addresses,
        on_connected=on_connected,
    )


def _failed_times(endpoint: EndpointRecord, kind: str) -> FailedTimes:
    return endpoint.unsuccessful.to("given-up" if kind in OUT_OF_TIME else "failed")


def _kind_of(error: Exception) -> str:
    return f"exception-{type(error).__name__}"
