"""A user that waits, as people do, for its job to be done."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from jobload.load.http.endpoint_path import below
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.request_template import RequestTemplate
from jobload.load.http.retry_after import asked_wait_s
from jobload.load.users.job_reply import (
    SEE_OTHER,
    Outcome,
    job_id,
    job_location,
    outcome_of,
    status_word,
)
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.long_wait import note_long_wait
from jobload.load.users.workload import Workload
from jobload.measure.completion import CompletionRecord
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply

FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 1.0
GROWTH = 1.5
UNANSWERED = frozenset(f"poll-{kind}" for kind in ErrorKind)
NO_JOB_ID = "no-job-id"
"""Nobody can ask for such a job, so nobody waits for it."""


class AbandonedError(Exception):
    """`kind` is for counting, `detail` for people."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


class JobFollower(JobSubmitter):
    """Submits a job and polls it until its final state, with growing pauses or `Retry-After`.

    Where the job is, the reply says: its `Location`, or an id below the endpoint. The operation is
    the submission, as for a JobSubmitter; the time until the job has succeeded, from the intended
    start, is the completion time, a figure of its own.
    """

    _own_s: float = 0.0
    """How much of the time since the intended start was the generator's own."""

    def prepare(self, workload: Workload) -> None:
        super().prepare(workload)
        scenario = workload.scenario
        self._endpoint = scenario.endpoint
        self._timeout_s = scenario.timeout_s
        self._patience_s = scenario.completion_timeout_s or scenario.timeout_s
        self._origin = replace(workload.origin, base_path="")
        self._base_path = workload.origin.base_path
        self._headers = workload.headers

    def acknowledged(self, reply: Reply, intended_s: float, stage: StageRecord) -> None:
        completion = stage.completion
        completion.followed += 1
        outcome: Outcome | None = None
        began_s = perf_counter()
        self._own_s = reply.read_s - self.free_s
        self.is_following = True
        why = AbandonedError("stopped", "the run was stopped before the job was done")
        try:
            outcome = self._follow(self._paths(reply), completion)
        except AbandonedError as error:
            why = error
        finally:
            self.is_following = False
            ended_s = perf_counter()
            self.free_s += ended_s - began_s
            self.note_use(self.agent.recorder, stage, ended_s - began_s, ended_s, 0.0)
            upper_us = int((ended_s - intended_s) * 1e6)
            lower_us = int((ended_s - intended_s - self._own_s) * 1e6)
            if outcome == "succeeded":
                completion.succeed(upper_us, lower_us)
            elif outcome == "failed":
                completion.fail(upper_us, lower_us)
            else:
                if why.kind != NO_JOB_ID:
                    completion.unsuccessful.to("given-up").add(upper_us, lower_us)
                completion.abandon(why.kind, self.agent.redact(why.detail))
                if why.kind in UNANSWERED:
                    note_long_wait(self.agent, "", began_s, ended_s, in_vain=True)

    def _paths(self, reply: Reply) -> deque[str]:
        """Where the job may be. A proxy may make nonsense of a Location, so the id is kept."""
        submitted_to = f"{self._base_path}{self._endpoint}"
        location, name = job_location(reply, submitted_to), job_id(reply.content)
        by_name = None if name is None else below(submitted_to, name)
        paths = deque(dict.fromkeys(path for path in (location, by_name) if path is not None))
        if not paths:
            said = self.shown(reply.readable) or "nothing"
            raise AbandonedError(NO_JOB_ID, f"neither an id nor a Location; it said: {said}")
        return paths

    def _follow(self, paths: deque[str], completion: CompletionRecord) -> Outcome | None:
        """None: the run was stopped. AbandonedError when the job is not final in time."""
        until_s = perf_counter() + self._patience_s
        wait_s = FIRST_WAIT_S
        why = AbandonedError("not-final", "never asked")
        while (left_s := until_s - perf_counter()) > 0:
            completion.polls += 1
            asked_s = 0.0
            try:
                timeout_s = min(left_s, self._timeout_s)
                reply = self.client.exchange(self._request(paths[0]), timeout_s)
                self._own_s += max(0.0, reply.lag_s)
                asked_s = asked_wait_s(reply) or 0.0
                if (outcome := self._outcome(reply, paths[0])) is not None:
                    return outcome
            except HttpError as error:
                why = AbandonedError(f"poll-{error.kind}", f"GET {paths[0]}: {error.detail}")
            except AbandonedError as error:
                why = error
                paths.rotate(-1)
            else:
                said = f"GET {paths[0]}: {status_word(reply.content)}"
                asks = f"; Retry-After is {asked_s:g} s" if asked_s > wait_s else ""
                why = AbandonedError("not-final", f"{said}{asks}")
            paused_s = perf_counter()
            pause_s = min(max(wait_s, asked_s), max(until_s - paused_s, 0.0))
            self.note_wait(pause_s)
            if self.agent.interrupted.wait(pause_s):
                return None
            self._own_s += max(0.0, perf_counter() - paused_s - pause_s)
            wait_s = min(wait_s * GROWTH, LONGEST_WAIT_S)
        raise why

    def _request(self, path: str) -> bytes:
        template = RequestTemplate("GET", path, self._origin, self._headers, has_body=False)
        request = template.render(b"")
        return request if self.trace is None else self.trace.sign_as_whole(request)

    def _outcome(self, reply: Reply, path: str) -> Outcome | None:
        """None: not final yet. AbandonedError when the reply tells nothing of the job."""
        if reply.status == SEE_OTHER:
            return "succeeded"
        if not 200 <= reply.status < 300:
            said = f"GET {path}: {self.shown(reply.readable)}"
            raise AbandonedError(f"poll-http-{reply.status}", said)
        word = status_word(reply.content)
        if word is None:
            raise AbandonedError("no-status", f"GET {path}: {self.shown(reply.readable)}")
        return outcome_of(word)
