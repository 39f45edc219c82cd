"""One operation of several steps under way, and the account of what became of it."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from locust.exception import StopUser

from jobload.load.trace.timeline import noted
from jobload.load.users.exchange import Flaw, StepFailedError, kind_of, times_of
from jobload.load.users.operation_steps import NOTHING_S, OperationSteps
from jobload.measure.error_counts import writable
from jobload.measure.noted_operation import NotedOperation


class Operation(OperationSteps):
    """Begins when it is made; ends once, with `succeed`, `fail` or `censor`."""

    def carry_out(self, steps: Callable[[Operation], None]) -> None:
        """To its end, whichever that is."""
        try:
            steps(self)
            if not self.steps:
                raise RuntimeError(f"{self._tally.label} has sent no request")
            if self._failed is not None:
                raise self._failed
        except StepFailedError as failed:
            self.fail(failed.label, (failed.kind, failed.detail))
        except StopUser:
            self._break_off()
            raise
        except Exception as error:
            self.fail(None, (kind_of(error), str(error)))
            raise
        except BaseException:
            self._break_off()
            raise
        else:
            self.succeed()

    def _break_off(self) -> None:
        if (failed := self._failed) is None:
            self.censor()
        else:
            self.fail(failed.label, (failed.kind, failed.detail))

    def succeed(self) -> None:
        self.settle()
        self.record.succeeded += 1
        tally, service_s = self._tally, self._service_s
        upper_s = self._at_s - self.intended_s
        lower_s = self.course_s - self.intended_s
        if -NOTHING_S < lower_s - service_s < NOTHING_S:
            lower_s = service_s
        is_full = tally.add(self._at_s, service_s, upper_s, lower_s, 0)
        if upper_s >= tally.told_from_s or self.trace is not None:
            noted_now = self._noted(int(upper_s * 1e6))
            tally.told_from_s = self._agent.notes.succeeded(self._stage, noted_now)
        recorder = self._recorder
        besides_s = self.course_s - self._began_course_s - service_s
        if recorder.current is self._stage and besides_s < NOTHING_S:
            tally.ended_good += 1
            self._user.free_s = self.course_s
        else:
            self._account(service_s)
            recorder.ended(good=True)
        if is_full:
            tally.flush()

    def fail(self, label: str | None, flaw: Flaw) -> None:
        self.settle()
        self.record.failed += 1
        kind, detail = flaw
        where = "" if label is None else f"{label}: "
        self.record.errors.add(f"{where}{kind}", self._agent.redact(detail))
        upper_us = int((self._at_s - self.intended_s) * 1e6)
        lower_us = int((self.course_s - self.intended_s) * 1e6)
        times_of(self.record, kind).add(max(0, upper_us), max(0, lower_us))
        self._account(0.0)
        self._recorder.ended(good=False)
        if self.trace is not None or self._stage.noted.wants_failed:
            step = label if label in self._stage.steps else None
            self._agent.notes.failed(self._stage, self._noted(upper_us, kind, step))

    def _noted(
        self, response_us: int, outcome: str = "", step: str | None = None
    ) -> NotedOperation:
        return noted(
            self._tally.label,
            self._timeline,
            run_began_s=self._agent.notes.run_began_s,
            intended_s=self._first_s,
            began_s=self._began_s,
            response_us=response_us,
            outcome=writable(outcome),
            step=step,
            paused_s=self.intended_s - self._first_s,
            retries=self._retries,
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
        user.note_use(self._recorder, self._stage, besides_s, self._at_s, self._lag_s)
