from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from one_process import OneProcess, assert_accounted, scenario, wait_until
from scripted_api import CREATED, Answer, HangUp, Request, ScriptedApi, Silence

from jobload.load.users.job_follower import JobFollower
from jobload.measure.completion import CompletionRecord

pytestmark = pytest.mark.waits

JOB = "/api/v1/jobs/j1"
Start = Callable[..., tuple[OneProcess, ScriptedApi]]


def status(word: object) -> Answer:
    return 200, json.dumps({"id": "j1", "status": word}).encode()


@pytest.fixture
def follow() -> Iterator[Start]:
    """A process whose only user follows one job; each poll is answered as the test says."""
    with ExitStack() as stack:

        def start(*polls: Answer, **fields: object) -> tuple[OneProcess, ScriptedApi]:
            left = list(polls)

            def answer(request: Request) -> Answer:
                if request.method == "POST":
                    return CREATED
                return left.pop(0) if len(left) > 1 else left[0]

            api = ScriptedApi(script=answer)
            stack.callback(api.close)
            process = OneProcess(api.url, scenario(**fields))
            stack.callback(process.end)
            process.say("load")
            process.add(JobFollower)
            wait_until(lambda: api.requests)
            process.close_stage()
            return process, api

        yield start


def completion_of(process: OneProcess) -> CompletionRecord:
    return process.record().completion


def all_followed(process: OneProcess) -> bool:
    completion = completion_of(process)
    return bool(completion.followed) and not process.record().in_flight


@pytest.mark.parametrize("word", ["succeeded", "completed", "done", "SUCCEEDED", " Finished"])
def test_a_job_is_polled_until_it_is_done_and_that_time_is_a_figure_of_its_own(
    follow: Start, word: str
) -> None:
    process, api = follow(status("pending"), (503, b""), HangUp(), status(word))
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.succeeded == completion.followed == completion.time.count
    assert completion.polls == sum(request.method == "GET" for request in api.requests) >= 4
    assert set(api.paths) == {"/api/v1/jobs", JOB}
    assert completion.time.max_us >= 20_000 + 30_000 + 45_000, "the pauses between the polls"
    assert process.record().waited_us >= 20_000 + 30_000 + 45_000
    assert process.endpoint().response_time.max_us < completion.time.max_us
    assert list(process.record().endpoints) == ["POST /api/v1/jobs"], "a poll is no operation"
    assert_accounted(process.agent.recorder.stages)


@pytest.mark.parametrize("word", ["failed", "cancelled", "FAILED", "Aborted"])
def test_a_job_that_fails_has_no_completion_time(follow: Start, word: str) -> None:
    process, _ = follow(status(word))
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.failed == completion.followed
    assert completion.time.count == 0
    assert process.endpoint().failed == 0, "the submission was fine"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (status("pending"), "not-final"),
        ((404, b""), "poll-http-404"),
        ((500, b""), "poll-http-500"),
        (status([]), "no-status"),
        (status(None), "no-status"),
        ((200, b"oops"), "no-status"),
        (Silence(), "poll-timeout"),
        (HangUp(), "poll-closed"),
    ],
)
def test_a_job_that_does_not_end_in_time_is_abandoned_and_the_reason_is_told(
    follow: Start, answer: Answer, reason: str
) -> None:
    process, _ = follow(answer, completion_timeout="300ms")
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.reasons.counts == {reason: completion.followed}
    assert completion.abandoned == completion.followed > 0
    process.agent.report()
    assert process.sent[-1].crashes == []


def test_a_poll_that_is_lost_is_one_attempt_and_not_the_job(follow: Start) -> None:
    process, _ = follow(Silence(), status("done"), timeout="200ms", completion_timeout="10s")
    wait_until(lambda: all_followed(process), within_s=5.0)
    completion = completion_of(process)
    assert completion.succeeded == completion.followed > 0
    assert completion.polls > completion.followed


@pytest.mark.parametrize("way", ["interrupted", "forced"])
def test_a_job_is_abandoned_when_the_run_is_stopped(follow: Start, way: str) -> None:
    process, api = follow(status("pending"))
    wait_until(lambda: JOB in api.paths)
    assert not process.run.idle
    if way == "interrupted":
        process.say("end", drain_s=30.0, interrupted=True)
    else:
        process.users[0].stop(force=True)
    wait_until(lambda: all_followed(process), within_s=2.0)
    assert completion_of(process).abandoned == 1
    assert completion_of(process).reasons.counts == {"stopped": 1}
    assert process.endpoint().succeeded == 1


def test_retry_after_is_obeyed(follow: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'{"id": "j1", "status": "pending"}'
    head = b"HTTP/1.1 200 OK\r\nRetry-After: 60\r\nContent-Length: %d\r\n\r\n" % len(body)
    monkeypatch.setattr("scripted_api._rendered", lambda *_: head + body)
    process, _ = follow(status("pending"), completion_timeout="200ms")
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.polls == completion.abandoned == completion.followed


@pytest.mark.parametrize("identifier", ["a b", "../admin", "x\r\nX-Evil: 1"])
def test_an_id_of_the_target_s_choosing_stays_within_the_path(
    follow: Start, monkeypatch: pytest.MonkeyPatch, identifier: str
) -> None:
    monkeypatch.setattr(f"{__name__}.CREATED", (201, json.dumps({"id": identifier}).encode()))
    process, api = follow(status("done"))
    wait_until(lambda: all_followed(process))
    (path,) = {request.path for request in api.requests if request.method == "GET"}
    assert path.startswith("/api/v1/jobs/")
    assert "/" not in path.removeprefix("/api/v1/jobs/")
    assert not any("x-evil" in request.headers for request in api.requests)


def test_a_submission_without_an_id_can_not_be_followed(
    follow: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.CREATED", (201, b"[]"))
    process, api = follow(status("done"))
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.reasons.counts == {"no-job-id": completion.followed}
    assert completion.reasons.examples["no-job-id"].endswith("it said: []")
    assert not any(request.method == "GET" for request in api.requests)


@pytest.mark.parametrize(
    ("endpoint", "submitted", "location", "asked"),
    [
        ("/v2/jobs", b'{"jobId": "j1"}', "", ["/v2/jobs/j1"]),
        ("/v2/jobs/", b'{"job_id": "j1"}', "", ["/v2/jobs/j1"]),
        ("/v2/jobs?tenant=a", b'{"id": "j1"}', "", ["/v2/jobs/j1?tenant=a"]),
        ("/v2/jobs", b"42", "", ["/v2/jobs/42"]),
        ("/v2/jobs", b'"j1"', "", ["/v2/jobs/j1"]),
        ("/v2/jobs", b'\xef\xbb\xbf{"data": {"task_id": 7}}', "", ["/v2/jobs/7"]),
        ("/v2/jobs", b'{"task": {"uuid": "a b"}}', "", ["/v2/jobs/a%20b"]),
        ("/v2/jobs", b"", "/status/7?x=1", ["/status/7?x=1"]),
        ("/v2/jobs", b"", "http://internal:1/status/7", ["/status/7"]),
        ("/v2/jobs", b"", "jobs/7", ["/v2/jobs/7"]),
        ("/v2/jobs", b'{"id": 0}', "/status/7", ["/status/7"]),
        ("/v2/jobs", b'{"id": 0}', "/wrong", ["/wrong", "/v2/jobs/0"]),
        ("/v2/jobs", b'{"id": 0}', "http://[", ["/v2/jobs/0"]),
        ("/v2/jobs", b'{"id": 0}', "/a b", ["/a%20b"]),
    ],
)
def test_a_job_is_found_where_the_usual_apis_say_it_is(
    follow: Start,
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    submitted: bytes,
    location: str,
    asked: list[str],
) -> None:
    field = f"Location: {location}\r\n" if location else ""
    monkeypatch.setattr(f"{__name__}.CREATED", (202, submitted))
    monkeypatch.setattr(
        "scripted_api._rendered",
        lambda code, body: (
            f"HTTP/1.1 {code} X\r\n{field if code == 202 else ''}"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        ),
    )
    first = (404, b"") if len(asked) > 1 else status("running")
    process, api = follow(first, status("done"), endpoint=endpoint)
    wait_until(lambda: completion_of(process).succeeded)
    polled = list(dict.fromkeys(r.path for r in api.requests if r.method == "GET"))
    assert polled == asked


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"state": "FINISHED"}', "succeeded"),
        (b'{"jobStatus": "Complete"}', "succeeded"),
        (b'{"status": 200, "state": "failed"}', "failed"),
        (b'{"data": {"status": "succeeded"}}', "succeeded"),
        (b'{"status": "success", "data": {"status": "failed"}}', "failed"),
        (b'{"status": "success", "data": {"status": "running"}}', "abandoned"),
        (b'{"status": "running", "data": {"status": "done"}}', "abandoned"),
        (b'{"status": "done", "result": {"status": "error"}}', "succeeded"),
    ],
)
def test_the_state_of_a_job_is_read_where_the_usual_apis_say_it(
    follow: Start, body: bytes, outcome: str
) -> None:
    process, _ = follow((200, body), completion_timeout="300ms")
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    counts = {word: getattr(completion, word) for word in ("succeeded", "failed", "abandoned")}
    assert counts == {**dict.fromkeys(counts, 0), outcome: completion.followed}


def test_a_poll_that_is_sent_on_to_the_result_is_the_end(follow: Start) -> None:
    process, _ = follow(status("running"), (303, b""))
    wait_until(lambda: all_followed(process))
    assert completion_of(process).succeeded == completion_of(process).followed


def test_a_job_that_is_not_final_in_time_was_given_up_after_so_long(follow: Start) -> None:
    process, _ = follow(status("running"), completion_timeout="600ms")
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    given_up = completion.unsuccessful["given-up"]
    assert given_up.upper.count == given_up.lower.count == completion.abandoned > 0
    assert given_up.upper.min_us >= 600_000
    assert given_up.lower.min_us >= 500_000
    assert completion.unsuccessful["failed"].upper.count == 0


def test_a_job_that_fails_has_failed_then(follow: Start) -> None:
    process, _ = follow(status("running"), status("failed"))
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.unsuccessful["failed"].upper.count == completion.failed > 0
    assert completion.unsuccessful["given-up"].upper.count == 0


def test_a_job_that_nobody_can_ask_for_was_never_waited_for(
    follow: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{__name__}.CREATED", (201, b"[]"))
    process, _ = follow(status("done"))
    wait_until(lambda: all_followed(process))
    completion = completion_of(process)
    assert completion.abandoned > 0
    assert completion.unsuccessful.by_ending == {}
