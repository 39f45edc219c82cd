"""A user that waits, as people do, for its job to be done."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import orjson

from jobload.load.http_error import HttpError
from jobload.load.job_submitter import JobSubmitter
from jobload.load.workload import Workload
from jobload.measure.completion import CompletionRecord
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.reply import Reply

FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 1.0
GROWTH = 1.5
SUCCEEDED = frozenset({"succeeded", "success", "completed", "done"})
FAILED = frozenset({"failed", "error", "cancelled", "canceled"})

Outcome = Literal["succeeded", "failed"]


class JobFollower(JobSubmitter):
    """Submits a job and polls it until its final state, with growing pauses or `Retry-After`.

    The operation is the submission, as for a JobSubmitter; the time until the job has succeeded,
    from the intended start, is the completion time, a figure of its own.
    """

    _own_s: float = 0.0
    """How much of the time since the intended start was the generator's own."""

    def prepare(self, workload: Workload) -> None:
        super().prepare(workload)
        self._workload = workload
        scenario = workload.scenario
        self._patience_s = scenario.completion_timeout_s or scenario.timeout_s

    def acknowledged(self, reply: Reply, intended_s: float, stage: StageRecord) -> None:
        completion = stage.completion
        completion.followed += 1
        outcome: Outcome | None = None
        began_s = perf_counter()
        self._own_s = reply.read_s - self.free_s
        self.is_following = True
        try:
            job = _field(reply.body, "id")
            outcome = self._follow(str(job), completion) if job is not None else None
        finally:
            self.is_following = False
            ended_s = perf_counter()
            self.free_s += ended_s - began_s
            self._note_use(self.agent.recorder, stage, ended_s - began_s, 0.0, ended_s, 0.0)
            if outcome == "succeeded":
                completion.succeeded += 1
                completion.time.record(int((ended_s - intended_s) * 1e6))
                completion.time_lower.record(int((ended_s - intended_s - self._own_s) * 1e6))
            elif outcome == "failed":
                completion.failed += 1
            else:
                completion.abandoned += 1

    def _follow(self, job: str, completion: CompletionRecord) -> Outcome | None:
        """None: not final in time, or the run was stopped."""
        path = f"{self._workload.scenario.endpoint}/{quote(job, safe='')}"
        request = self._workload.template("GET", path).render(b"")
        until_s = perf_counter() + self._patience_s
        wait_s = FIRST_WAIT_S
        while (left_s := until_s - perf_counter()) > 0:
            asked_s = self._poll(request, left_s, completion)
            if isinstance(asked_s, str):
                return asked_s
            paused_s = perf_counter()
            pause_s = min(max(wait_s, asked_s), max(until_s - paused_s, 0.0))
            if self.agent.interrupted.wait(pause_s):
                return None
            self._own_s += max(0.0, perf_counter() - paused_s - pause_s)
            wait_s = min(wait_s * GROWTH, LONGEST_WAIT_S)
        return None

    def _poll(self, request: bytes, left_s: float, completion: CompletionRecord) -> Outcome | float:
        """The outcome, or the seconds that the target asks to wait."""
        completion.polls += 1
        try:
            reply = self.client.exchange(request, left_s)
        except HttpError:
            return 0.0
        self._own_s += max(0.0, reply.lag_s)
        status = str(_field(reply.body, "status")) if reply.status == 200 else None
        if status in SUCCEEDED:
            return "succeeded"
        if status in FAILED:
            return "failed"
        return _seconds(reply.header(b"retry-after"))


def _seconds(retry_after: bytes | None) -> float:
    """Retry-After in seconds; a date, which jobs APIs don't send, counts as none."""
    return float(retry_after) if retry_after is not None and retry_after.isdigit() else 0.0


def _field(body: bytes, name: str) -> Any:
    try:
        reply = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return reply.get(name) if isinstance(reply, dict) else None
