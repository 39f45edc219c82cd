"""A Locust user of somebody's own: each run of a task is one operation, and takes one arrival."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import gevent
from gevent import GreenletExit
from locust import User
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from jobload.load.own_users.failure import failure_of_task, text_of
from jobload.load.own_users.known_names import known_name
from jobload.load.own_users.own_operation import CaughtReplies, OwnOperation
from jobload.load.process.agent import Agent
from jobload.load.trace.timeline import noted
from jobload.load.users.exchange import times_of
from jobload.load.users.tally import Tally
from jobload.load.users.user_course import UserCourse
from jobload.measure.error_counts import writable
from jobload.measure.noted_operation import NotedOperation
from jobload.measure.stage_record import LATE_S, StageRecord

ENDS_OF_A_TASK = (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
"""What a task raises to say what shall come after it; it has done its work."""
LONGEST_IDLE_S = 1.0
KILLED_WITHIN_S = 1.0
_MINDED = "_jobload_own_user"


def own_user_of(user: object) -> OwnUser | None:
    found: OwnUser | None = getattr(user, _MINDED, None)
    return found


class OwnUser(UserCourse, CaughtReplies):
    """Minds a user whose class knows nothing of jobload, from its start to its end. It has caught
    what came outside of its operations."""

    at_own_pace = True

    def __init__(self, user: User, agent: Agent) -> None:
        super().__init__()
        self._user: Any = user
        self.agent = agent
        self.unacknowledged = []
        self.free_s = perf_counter()
        self.blamed: BaseException | None = None
        """What its last operation raised; it counts there, and is no crash."""
        self._kept: dict[tuple[int, str], Tally] = {}
        self._asks = True
        self._idle = 0
        """How often in a row it has come to wait without an operation before."""
        setattr(user, _MINDED, self)
        agent.standstills.watch()
        agent.users.enter(self)

    # --- for the agent ----------------------------------------------------------------------

    @property
    def greenlet(self) -> object:
        return self._user.greenlet

    def stop(self, force: bool = False) -> bool:
        if self._user._state == LOCUST_STATE_STOPPING and not force:
            return False
        stopped: bool = self._user.stop(force)
        return stopped

    # --- for the user -----------------------------------------------------------------------

    @property
    def behind_s(self) -> float:
        """Also within its operation, where a reply may lie unread."""
        if self.stage is None:
            return super().behind_s
        return super().behind_s + self.agent.standstills.before_s(perf_counter(), self.began_s)

    def gone(self) -> None:
        """In a greenlet where something was caught: listeners of requests may wait."""
        self.tell_of_caught()
        if self._asks and (stage := self.agent.recorder.current) is not None:
            stage.users_left += 1  # by itself: nobody has stopped it
        if (error := self._user.greenlet.exception) is not None:
            name = type(self._user).__name__
            self.agent.report_crash(f"{name}: {type(error).__name__}: {text_of(error)}")
        self.stop_asking()
        self.agent.users.gone(self)

    @property
    def is_paced(self) -> bool:
        """Between operations of a scenario with a rate: arrivals say when the next one begins."""
        return self.stage is None and self.agent.dispatcher.has_rate

    @property
    def is_stopped(self) -> bool:
        """By others."""
        return not self._asks

    @property
    def has_stopped_itself(self) -> bool:
        """And leaves its task at the next wait, as it asked for."""
        return self._asks and bool(self._user._state == LOCUST_STATE_STOPPING)

    def skip_wait(self) -> None:
        if self._user._state == LOCUST_STATE_STOPPING:
            raise StopUser
        # One that raises before it comes to an operation would do so as often as it can.
        gevent.sleep(min(LONGEST_IDLE_S, 0.01 * (2**self._idle - 1)))
        self._idle = min(self._idle + 1, 10)

    def await_kill(self) -> None:
        """Locust kills who waits in a later turn of the event loop: one that has woken in this turn
        would begin an operation that the kill cuts off."""
        if self.is_stopped:
            gevent.sleep(KILLED_WITHIN_S)
            raise GreenletExit

    def operate(self, name: str, perform: Callable[[Any], None], argument: object) -> None:
        """Waits for an arrival, and performs what it is for."""
        self.tell_of_caught()
        stage, intended_s = self._take()
        tally = self._kept.get((id(stage), name)) or self._keep(stage, name)
        record = tally.endpoint
        record.started += 1
        choice = self.agent.trace_choice
        operation = OwnOperation(stage, record, None if choice is None else choice.next())
        self.began_s = perf_counter()
        self._idle = 0
        try:
            try:
                perform(argument)
            finally:
                operation.tell_of_caught()
        except ENDS_OF_A_TASK:
            self._ended(operation, tally, intended_s)
            raise
        except GreenletExit:
            record.censored += 1
            stage.not_ended(perf_counter() - intended_s, self.behind_s)
            raise
        except BaseException as error:
            self._blame(operation, error)
            self._ended(operation, tally, intended_s)
            raise
        else:
            self._ended(operation, tally, intended_s)
        finally:
            operation.end()
            self.stage = None

    def go_on(
        self, operation: OwnOperation, perform: Callable[[Any], None], argument: object
    ) -> None:
        """A task of a TaskSet that the task under way runs by itself: what it raises Locust catches
        there, and the task never hears of it."""
        try:
            perform(argument)
        except (*ENDS_OF_A_TASK, GreenletExit):
            raise
        except BaseException as error:
            self._blame(operation, error)
            raise

    def _blame(self, operation: OwnOperation, error: BaseException) -> None:
        self.blamed = error
        operation.failure = operation.failure or failure_of_task(error)

    def _keep(self, stage: StageRecord, name: str) -> Tally:
        """What is looked up once for each stage and kind of task."""
        known = known_name(name, stage.flows)
        tally = self._kept[id(stage), name] = self.agent.tallies.of_flow(stage, known)
        return tally

    def _take(self) -> tuple[StageRecord, float]:
        """While it waits it can be stopped at once, as in a wait of Locust's own."""
        dispatcher = self.agent.dispatcher
        self._user._state = LOCUST_STATE_WAITING
        self.intended_s = dispatcher.take()
        self._user._state = LOCUST_STATE_RUNNING
        self.stage = stage = dispatcher.stage
        if not self.began_s:
            self.take_first(self.intended_s, dispatcher.stood_still_s)
        else:
            # For so long nobody knows who was free, so it is not held against the target.
            self.free_s -= dispatcher.stood_still_s
        return stage, self.intended_s

    def _ended(self, operation: OwnOperation, tally: Tally, intended_s: float) -> None:
        stage, ended_s = tally.stage, perf_counter()
        free_s = max(self.free_s, intended_s)
        if self.began_s - free_s > LATE_S:
            self.agent.displaced(stage, free_s, self.began_s)
        operation.came_to(ended_s, self.agent.standstills)
        service_s = max(0.0, ended_s - self.began_s - operation.own_s)
        self.free_s = free_s + service_s
        if not operation.requests:
            stage.without_request += 1
        upper_s, lower_s = ended_s - intended_s, self.free_s - intended_s
        recorder = self.agent.recorder
        if operation.failure is not None:
            kind, detail = operation.failure
            record = tally.endpoint
            record.failed += 1
            record.errors.add(kind, self.agent.redact(detail))
            times = times_of(record, kind)
            times.service.record(int(service_s * 1e6))
            times.add(int(upper_s * 1e6), int(lower_s * 1e6))
            recorder.ended(good=False)
            self.note_use(recorder, stage, service_s, ended_s, 0.0)
            if operation.trace is not None or stage.noted.wants_failed:
                self.agent.notes.failed(stage, self._noted(operation, tally.label, ended_s))
            return
        tally.endpoint.succeeded += 1
        if tally.add(ended_s, service_s, upper_s, lower_s, 0):
            tally.flush()
        if upper_s >= tally.told_from_s or operation.trace is not None:
            found = self._noted(operation, tally.label, ended_s)
            tally.told_from_s = self.agent.notes.succeeded(stage, found)
        if recorder.current is stage:
            stage.ended_good += 1
            return
        recorder.ended(good=True)
        self.note_use(recorder, stage, 0.0, ended_s, 0.0)

    def _noted(self, operation: OwnOperation, name: str, ended_s: float) -> NotedOperation:
        failure = operation.failure
        return noted(
            name,
            operation.timeline,
            run_began_s=self.agent.notes.run_began_s,
            intended_s=self.intended_s,
            began_s=self.began_s,
            response_us=int((ended_s - self.intended_s) * 1e6),
            outcome="" if failure is None else writable(failure[0]),
            step=operation.failed_step,
            trace=operation.trace,
        )
