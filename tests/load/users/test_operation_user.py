"""The class to write one's own users with, against a real server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import scripted_api
from gevent import GreenletExit
from locust import task
from locust.exception import StopUser
from one_process import scenario, wait_until
from scripted_api import Answer, Request

import jobload
from jobload import OperationUser
from jobload.load.users.response import Response

from .conftest import Meet, one_operation


class Orders(OperationUser):
    def operation(self) -> None:
        job = self.post("/jobs", json={"n": 1}, name="submit").json()["id"]
        self.poll(
            f"/jobs/{job}",
            name="wait",
            until=lambda r: r.json()["status"] == "done",
            fail=lambda r: r.json()["status"] == "failed",
            every_s=0.01,
            timeout_s=1,
        )


class Jobs:
    def __init__(self, *words: str) -> None:
        self._words = list(words)

    def __call__(self, request: Request) -> Answer:
        if request.method == "POST":
            return 201, b'{"id": 5}'
        word = self._words.pop(0) if len(self._words) > 1 else self._words[0]
        return 200, b'{"status": "%b"}' % word.encode()


def done_by(meet: Meet, user: type[OperationUser], script: Any) -> Any:
    process, api = meet(script=script)
    process.add(user)
    one_operation(process)
    return process, api


def test_each_request_is_a_step_and_all_together_an_operation(meet: Meet) -> None:
    process, api = done_by(meet, Orders, Jobs("queued", "done"))
    submit, wait = process.step("submit"), process.step("wait")
    whole = process.record().flows["Orders"]
    assert whole.succeeded == submit.succeeded == wait.succeeded >= 1
    assert submit.attempts == sum(r.method == "POST" for r in api.requests)
    assert wait.attempts == sum(r.path == "/jobs/5" for r in api.requests)
    assert wait.repeats == 1
    assert process.record().completion.succeeded == whole.succeeded


def test_a_poll_that_fails_fails_the_operation(meet: Meet) -> None:
    process, _ = done_by(meet, Orders, Jobs("failed"))
    whole = process.record().overall()
    assert whole.errors.counts == {"wait: poll-failed": whole.started}


@pytest.mark.parametrize("goes_on", [True, False])
def test_an_operation_whose_user_passes_over_a_failed_step_has_failed(
    meet: Meet, goes_on: bool
) -> None:
    class Robust(OperationUser):
        def operation(self) -> None:
            self.get("/first", name="first")
            with suppress(Exception):
                self.get("/lost", name="lost")
            if goes_on:
                self.get("/last", name="last")

    def script(request: Request) -> Answer:
        return (404, b"") if request.path == "/lost" else (200, b"{}")

    process, _ = done_by(meet, Robust, script)
    whole = process.record().overall()
    assert whole.errors.counts == {"lost: http-404": whole.started}
    assert (whole.succeeded, process.step("first").failed) == (0, 0)


@pytest.mark.parametrize("leaves_with", [StopUser, GreenletExit])
def test_an_operation_that_is_left_after_a_failed_step_has_failed(
    meet: Meet, leaves_with: type[BaseException]
) -> None:
    class Leaving(OperationUser):
        def operation(self) -> None:
            with suppress(Exception):
                self.get("/lost", name="lost")
            raise leaves_with

    process, _ = done_by(meet, Leaving, lambda _: (404, b""))
    whole = process.record().overall()
    assert (whole.errors.counts, whole.censored) == ({"lost: http-404": 1}, 0)


def test_what_is_not_as_expected_after_a_pause_fails_the_operation(meet: Meet) -> None:
    class Pausing(OperationUser):
        def operation(self) -> None:
            self.get("/a", name="a")
            self.pause(0.01)
            with suppress(Exception):
                self.expect(False, "not so")

    process, _ = done_by(meet, Pausing, lambda _: (200, b"{}"))
    whole = process.record().overall()
    assert (whole.errors.counts, whole.succeeded) == ({"a: unexpected-reply": whole.started}, 0)


def test_a_path_that_no_request_can_hold_is_encoded_and_what_is_encoded_stays(meet: Meet) -> None:
    class Searching(OperationUser):
        def operation(self) -> None:
            self.get("/jobs?q=zwei W\u00f6rter%20\r\nX: 1")

    process, api = done_by(meet, Searching, lambda _: (200, b"{}"))
    assert process.record().overall().failed == 0
    assert set(api.paths) == {"/jobs?q=zwei%20W%C3%B6rter%20%0D%0AX:%201"}


def test_an_address_that_a_reply_has_given_is_asked_for_at_the_target_itself(meet: Meet) -> None:
    class Following(OperationUser):
        def operation(self) -> None:
            self.get("https://elsewhere.test/jobs/5?full=1#top")
            self.get("jobs/5")

    process, api = done_by(meet, Following, lambda _: (200, b"{}"))
    whole = process.record().overall()
    assert set(api.paths) == {"/jobs/5?full=1"}
    assert set(whole.errors.counts) == {"exception-ValueError"}


def test_a_header_of_its_own_takes_the_place_of_any_other_of_that_name(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"content-type": "text/json", "AUTHORIZATION": "b", "idempotency-key": "k1"}
    sent: list[tuple[str, str]] = []
    plain = scripted_api._headers

    def noted(stream: Any) -> Any:
        sent[:] = plain(stream)
        return sent

    class Sender(OperationUser):
        def operation(self) -> None:
            self.post("/a", json={}, headers=own)

    monkeypatch.setattr(scripted_api, "_headers", noted)
    process, _ = meet((200, b"{}"), plan=scenario(headers={"Authorization": "a"}))
    process.add(Sender)
    one_operation(process)
    named = [(name, value) for name, value in sent if name in {key.lower() for key in own}]
    assert sorted(named) == sorted((name.lower(), value) for name, value in own.items())


def test_what_is_expected_in_python_is_laid_to_the_newest_step(meet: Meet) -> None:
    class Careful(OperationUser):
        def operation(self) -> None:
            reply = self.get("/a", name="ask")
            self.expect(reply.json()["n"] == 2, f"n is {reply.json()['n']}, expected 2")
            self.get("/b", name="never")

    process, api = done_by(meet, Careful, lambda _: (200, b'{"n": 1}'))
    ask, whole = process.step("ask"), process.record().overall()
    assert ask.errors.counts == {"unexpected-reply": ask.failed}
    assert ask.succeeded == 0
    assert whole.errors.examples == {"ask: unexpected-reply": "n is 1, expected 2"}
    assert set(api.paths) == {"/a"}


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({"json": {"a": [1, None]}}, b'{"a":[1,null]}', "application/json"),
        ({"form": {"a": "b c", "n": 1}}, b"a=b+c&n=1", "application/x-www-form-urlencoded"),
        (
            {"body": "<a/>", "headers": {"Content-Type": "text/xml"}},
            b"<a/>",
            "text/xml",
        ),
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_bodies_of_all_kinds_are_sent_by_all_methods(
    meet: Meet, method: str, options: dict[str, Any], body: bytes, content_type: str
) -> None:
    class Sender(OperationUser):
        def operation(self) -> None:
            reply = getattr(self, method)("/a", **options)
            assert isinstance(reply, Response)
            assert (reply.status, reply.text, reply.header("x-a")) == (200, "ok", "1")
            assert reply.body == b"ok"

    process, api = done_by(meet, Sender, lambda _: (200, b"ok", {"X-A": "1"}))
    request = api.requests[0]
    assert (request.method, request.body) == (method.upper(), body)
    assert request.headers["content-type"] == content_type
    assert process.record().overall().failed == 0
    assert [*process.record().steps] == [f"{method.upper()} /a"]


def test_an_operation_of_one_request_is_counted_as_one_at_its_endpoint(meet: Meet) -> None:
    class Poster(OperationUser):
        has_one_request = True

        def operation(self) -> None:
            self.post("/a", json={"n": 1})

    answers = iter([(201, b""), (409, b""), (201, b"")])
    process, api = done_by(meet, Poster, lambda _: next(answers, (201, b"")))
    endpoint = process.endpoint("POST /a")
    assert endpoint.started == endpoint.attempts == len(api.requests)
    assert not process.record().flows
    assert not process.record().steps
    keys = [request.key for request in api.requests]
    assert len(set(keys)) == len(keys)
    user = process.users[0]
    assert user.keys == len(keys)
    assert len(user.unacknowledged) == endpoint.failed


@pytest.mark.parametrize(
    "does",
    [
        lambda user: user.get("/a", expect=lambda _: False),
        lambda user: user.get("/a", timeout_s=0.1),
        lambda user: user.poll("/a", until=lambda _: False),
        lambda user: user.get("/a") and user.expect(False, "never"),
        lambda user: user.get("/a") and user.pause(0.01),
    ],
    ids=["expect", "timeout", "poll", "afterwards", "pause"],
)
def test_what_an_operation_of_one_request_can_not_do_is_no_success(
    meet: Meet, does: Callable[[OperationUser], object]
) -> None:
    """All of it was passed over in silence, or told as something else."""

    class Poster(OperationUser):
        has_one_request = True

        def operation(self) -> None:
            does(self)

    process, _ = meet(script=lambda _: (200, b""))
    process.add(Poster)
    one_operation(process)
    process.agent.report()
    (told,) = process.sent[-1].crashes
    assert told.startswith("Poster: RuntimeError: with has_one_request a reply is judged")


def test_a_pause_is_no_part_of_the_response_time(meet: Meet) -> None:
    class Thinking(OperationUser):
        def operation(self) -> None:
            self.get("/a")
            self.pause(0.1)

    process, _ = done_by(meet, Thinking, lambda _: (200, b""))
    record = process.record()
    assert record.overall().response_time.min_us < 80_000
    assert record.paused_us == 100_000 * record.started


def test_an_exception_of_ones_own_fails_the_operation_and_the_run_is_told(meet: Meet) -> None:
    class Broken(OperationUser):
        def operation(self) -> None:
            self.get("/a")
            raise KeyError("id")

    process, _ = meet(script=lambda _: (200, b""))
    process.add(Broken)
    wait_until(lambda: process.record().started)
    one_operation(process)
    whole = process.record().overall()
    assert whole.errors.counts == {"exception-KeyError": whole.started}
    process.agent.report()
    assert "Broken: KeyError: 'id'" in process.sent[-1].crashes


def test_an_exception_of_what_a_step_expects_fails_it_and_the_run_is_told(meet: Meet) -> None:
    class Broken(OperationUser):
        def operation(self) -> None:
            self.get("/a", expect=lambda reply: bool(reply.json()["id"]))

    process, _ = meet(script=lambda _: (200, b"{}"))
    process.add(Broken)
    wait_until(lambda: process.record().started)
    one_operation(process)
    step = process.step("GET /a")
    assert step.errors.counts == {"exception-KeyError": step.started}
    process.agent.report()
    assert "Broken: KeyError: 'id'" in process.sent[-1].crashes


def test_an_operation_without_a_request_is_told(meet: Meet) -> None:
    class Idle(OperationUser):
        def operation(self) -> None:
            pass

    process, _ = meet(script=lambda _: (200, b""))
    process.add(Idle)
    one_operation(process)
    process.agent.report()
    assert "Idle: RuntimeError: Idle has sent no request" in process.sent[-1].crashes


def test_a_user_of_tasks_alone_is_told_what_it_lacks(meet: Meet) -> None:
    class Tasks(OperationUser):
        @task
        def browse(self) -> None:
            raise AssertionError("nobody runs it")

    process, _ = meet(script=lambda _: (200, b""))
    process.add(Tasks)
    one_operation(process)
    process.agent.report()
    assert any(
        "Tasks: NotImplementedError: its method" in told for told in process.sent[-1].crashes
    )


def test_a_request_outside_of_an_operation_is_refused() -> None:
    assert jobload.OperationUser is OperationUser
    with pytest.raises(RuntimeError, match="within `operation`"):
        _ = object.__new__(Orders).under_way


@pytest.mark.parametrize("has_one_request", [False, True])
def test_a_login_in_on_start_is_told_where_it_belongs(meet: Meet, has_one_request: bool) -> None:
    """There Locust's own users have theirs; the user has not met its scenario yet."""
    told: list[str] = []

    class Early(Orders):
        def on_start(self) -> None:
            with pytest.raises(RuntimeError, match="first operation") as raised:
                self.post("/login")
            told.append(str(raised.value))

    Early.has_one_request = has_one_request
    process, api = meet(script=Jobs("done"))
    process.add(Early)
    wait_until(lambda: told)
    assert "/login" not in api.paths
