"""A Locust user that takes arrivals from its process, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING

import gevent
from locust import User, task
from locust.exception import StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from jobload.load.http.http_client import HttpClient
from jobload.load.http.success import Success
from jobload.load.process.agent import agent_of
from jobload.load.rows.once_share import REFUSED_FOR_S
from jobload.load.rows.row import RowsSpent
from jobload.load.trace.trace import Trace
from jobload.load.users.exchange import kind_of
from jobload.load.users.request_course import RequestCourse
from jobload.load.users.user_course import UserCourse
from jobload.load.users.workload import Workload
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.scenario import Scenario

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply

NO_ROW = "no-row"
SHOWN_CHARACTERS = 200


class ArrivalUser(UserCourse, User):
    """Performs one operation for each arrival it is given. Subclasses say what an operation is.

    `prepare` is called when a scenario begins, `perform` for every arrival. It makes exactly one
    call of `operate`, unless it counts operations of its own.
    """

    abstract = True
    client: HttpClient
    workload: Workload | None = None
    trace: Trace | None = None
    """Of its operation, if that is traced."""
    is_counted: bool = False

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
        self.free_s = perf_counter()
        self.agent.users.enter(self)
        self.number = self.agent.users.next_number()
        self._asks = True

    def on_stop(self) -> None:
        self.stop_asking()
        self.agent.users.gone(self)
        if self.workload is not None:
            self.client.close()

    @property
    def has_begun(self) -> bool:
        return self.is_counted

    @task
    def take_arrivals(self) -> None:
        dispatcher = self.agent.dispatcher
        while self._state != LOCUST_STATE_STOPPING:
            self.intended_s = intended_s = dispatcher.take()
            self.stage = stage = dispatcher.stage
            self.is_counted = False
            if not self.began_s:
                self.take_first(intended_s, dispatcher.stood_still_s)
            elif dispatcher.stood_still_s:
                # For so long nobody knows who was free, so it is not held against the target.
                self.free_s -= dispatcher.stood_still_s
            try:
                if self.workload is not self.agent.workload:
                    self._change_workload()
                self.perform(intended_s, stage)
                if not self.is_counted:
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

    def operate(
        self,
        intended_s: float,
        stage: StageRecord,
        method: str,
        label: str,
        request: bytes,
        success: Success | None = None,
    ) -> Reply | None:
        """One operation of one request, all its attempts. The reply if it succeeded.

        `success` is by default what the scenario says of its own request.
        """
        if self.is_counted:
            raise RuntimeError("perform called operate twice for one arrival")
        self.is_counted = True
        return self._requests.operate(intended_s, stage, method, label, request, success)

    def shown(self, body: bytes) -> str:
        """Secrets go first: cut in two, they would not be recognised."""
        return self.agent.redact(body.decode("utf-8", "replace"))[:SHOWN_CHARACTERS]

    def stop(self, force: bool = False) -> bool:
        """A user that waits for an arrival goes at once; a busy one after its operation."""
        if self._asks:
            self.stop_asking()
            force = force or not self.busy
        stopped: bool = super().stop(force)
        return stopped

    def _change_workload(self) -> None:
        if self.workload is not None:
            self.client.close()
            self.agent.users.close_ledger(self)
            self.number = self.agent.users.next_number()
        self.workload = self.agent.workload
        self.position = self.agent.position
        self.trace = None
        assert self.workload is not None
        self.client = client_for(self.workload, self._on_connected, on_lack=self._on_lack)
        self._requests = RequestCourse(self)
        self.prepare(self.workload)

    def _on_connected(self, connecting_s: float) -> None:
        if self.stage is not None:
            self.stage.connecting.record(int(connecting_s * 1e6))

    def _on_lack(self) -> None:
        if (stage := self.stage or self.agent.recorder.current) is not None:
            stage.without_socket += 1

    @property
    def key_start(self) -> bytes:
        """Of the keys that identify its operations to the target; their count completes them."""
        return b"%b-%d-" % (self.agent.key_prefix, self.number)

    def _blame_user(self, stage: StageRecord, error: Exception) -> None:
        """An exception of `perform` itself: its arrival counts as failed, and the run is told."""
        if not self.is_counted:
            self._fail_early(stage, kind_of(error), self.agent.redact(str(error)))
        self.agent.report_crash(f"{type(self).__name__}: {type(error).__name__}: {error}")
        self.environment.events.user_error.fire(
            user_instance=self, exception=error, tb=error.__traceback__
        )
        gevent.sleep(0)  # or a user that fails at once, without a rate, would fail for ever

    def _note_without_row(self, stage: StageRecord, spent: RowsSpent) -> None:
        """Not by the target's doing: the verdict tells of it."""
        if spent.is_surplus:
            self.is_counted = True
            stage.started -= 1
            stage.surplus += 1
        else:
            self._fail_early(stage, NO_ROW, str(spent))
        # Without a rate nothing else would keep the user from failing again at once.
        gevent.sleep(0 if self.agent.dispatcher.has_rate else REFUSED_FOR_S)

    def _fail_early(self, stage: StageRecord, kind: str, detail: str) -> None:
        endpoint = self._own_endpoint(stage)
        endpoint.failed += 1
        endpoint.errors.add(kind, detail)
        self.agent.recorder.ended(good=False)
        self.agent.notes.failed_early(stage, type(self).__name__, self.intended_s, kind)

    def _count_censored(self, stage: StageRecord) -> None:
        """It was ended before it came to its operation."""
        if not self.is_counted:
            self._own_endpoint(stage).censored += 1
            stage.not_ended(perf_counter() - self.intended_s)

    def _own_endpoint(self, stage: StageRecord) -> EndpointRecord:
        """Counts an arrival that never became an operation, under the name of the user."""
        self.is_counted = True
        endpoint = stage.endpoint(type(self).__name__)
        endpoint.started += 1
        endpoint.attempts += 1
        return endpoint


def client_for(
    workload: Workload,
    on_connected: Callable[[float], None] | None = None,
    on_lack: Callable[[], None] | None = None,
) -> HttpClient:
    return HttpClient(
        workload.origin,
        tls=workload.tls,
        addresses=workload.addresses,
        on_connected=on_connected,
        on_lack=on_lack,
    )
