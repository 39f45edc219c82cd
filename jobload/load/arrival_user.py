"""A Locust user that takes arrivals from its process and turns them into operations."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from gevent import GreenletExit
from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from jobload.load.agent import Agent, agent_of
from jobload.load.client import Client, client_for
from jobload.load.http_error import HttpError
from jobload.load.success import Success
from jobload.load.workload import Workload
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.scenario import Scenario

if TYPE_CHECKING:
    from jobload.load.reply import Reply

SHOWN_CHARACTERS = 200


class ArrivalUser(User):
    """Performs one operation for each arrival it is given. Subclasses say what an operation is.

    `prepare` is called when a scenario begins, `perform` for every arrival; `perform` makes exactly
    one call of `operate`.
    """

    abstract = True
    agent: Agent
    client: Client
    workload: Workload | None = None
    number: int = 0
    position: int = 0
    keys: int = 0
    unacknowledged: list[int]
    busy: bool = False
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

    @task
    def take_arrivals(self) -> None:
        dispatcher = self.agent.dispatcher
        while self._state != LOCUST_STATE_STOPPING:
            intended_s = dispatcher.take()
            stage = dispatcher.stage
            self.busy = True
            self._is_counted = False
            try:
                if self.workload is not self.agent.workload:
                    self._change_workload()
                self.perform(intended_s, stage)
                if not self._is_counted:
                    raise RuntimeError("perform ended without a call of operate")
            except StopUser:
                self._count_censored(stage)
                raise
            except Exception as error:
                self._blame_user(stage, error)
            except BaseException:
                self._count_censored(stage)
                raise
            self.busy = False
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
        assert self.workload is not None
        self.client = client_for(self.workload)
        self.prepare(self.workload)

    @property
    def key_start(self) -> bytes:
        """Of the keys that identify its operations to the target; their count completes them."""
        return b"%b-%d-" % (self.agent.key_prefix, self.number)

    def next_key(self) -> bytes:
        """Identifies one operation of the run to the target."""
        self.keys += 1
        return b"%b%d" % (self.key_start, self.keys)

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
        endpoint = stage.endpoint(label)
        endpoint.started += 1
        endpoint.attempts += 1
        self._is_counted = True
        try:
            sent_s = perf_counter()
            reply, kind, detail = self._attempt(workload, method, request, success)
            retry = 1
            while kind is not None and (wait_s := workload.retry.wait_s(retry, reply)) is not None:
                self.agent.interrupted.wait(wait_s)
                if self.agent.interrupted.is_set():
                    raise GreenletExit
                endpoint.attempts += 1
                endpoint.retries += 1
                sent_s = perf_counter()
                reply, kind, detail = self._attempt(workload, method, request, success)
                retry += 1
            ended_s = perf_counter()
        except Exception as error:
            endpoint.failed += 1
            endpoint.errors.add(_kind_of(error), self.agent.redact(str(error)))
            recorder.ended(good=False)
            raise
        except BaseException:
            endpoint.censored += 1
            raise
        service_s = ended_s - sent_s
        length = len(reply.body) if reply is not None else 0
        if kind is not None:
            endpoint.failed += 1
            endpoint.errors.add(kind, detail)
            recorder.ended(good=False)
            self._feed.failed(method, label, service_s * 1e3, length, kind)
            return None
        endpoint.succeeded += 1
        endpoint.response_time.record(int((ended_s - intended_s) * 1e6))
        endpoint.service_time.record(int(service_s * 1e6))
        recorder.ended(good=True)
        self._feed.succeeded(method, label, service_s * 1e3, length, ended_s)
        return reply

    def _attempt(
        self, workload: Workload, method: str, request: bytes, success: Success
    ) -> tuple[Reply | None, str | None, str]:
        """(reply, kind of error or None, detail)."""
        try:
            reply = self.client.exchange(request, workload.timeout_s, expect_body=method != "HEAD")
        except HttpError as error:
            gevent.sleep(0)  # a refusal may have come at once: others must have their turn
            return None, error.kind, self.agent.redact(error.detail)
        if reply.status not in success.statuses:
            return reply, f"http-{reply.status}", self._shown(reply.body)
        if success.json_keys and (problem := success.problem(reply.body)):
            return reply, "unexpected-reply", f"{problem}: {self._shown(reply.body)}"
        return reply, None, ""

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
        self.agent.report_crash(f"{type(self).__name__}: {type(error).__name__}: {error}")
        self.environment.events.user_error.fire(
            user_instance=self, exception=error, tb=error.__traceback__
        )
        gevent.sleep(0)  # or a user that fails at once, without a rate, would fail for ever

    def _count_censored(self, stage: StageRecord) -> None:
        """It was ended before it came to its operation."""
        if not self._is_counted:
            self._own_endpoint(stage).censored += 1

    def _own_endpoint(self, stage: StageRecord) -> EndpointRecord:
        """Counts an arrival that never became an operation, under the name of the user."""
        self._is_counted = True
        endpoint = stage.endpoint(type(self).__name__)
        endpoint.started += 1
        endpoint.attempts += 1
        return endpoint


def _kind_of(error: Exception) -> str:
    return f"exception-{type(error).__name__}"
