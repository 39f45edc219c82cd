"""The steps of a scenario, done by a real user against a real server on loopback."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import gevent
import pytest
from one_process import OneProcess, scenario, wait_until
from scripted_api import Answer, HangUp, Request, ScriptedApi, Silence

from jobload.load.users.flow_user import FlowUser
from jobload.measure.histogram import Histogram
from jobload.measure.stage_record import EndpointRecord
from jobload.plan.scenario import Scenario

from .conftest import Meet, one_operation

pytestmark = pytest.mark.waits

SUBMIT = {"name": "submit", "post": "/jobs", "json": {}, "capture": {"job": "$.data.id"}}
FETCH = {"name": "fetch", "get": "/jobs/{{ job }}"}


def flow(*steps: Mapping[str, Any], **fields: Any) -> Scenario:
    return scenario(steps=list(steps), payload_bytes=1024, **fields)


class Jobs:
    """An API whose answers are its own: nested ids, its own words, a token that expires."""

    def __init__(self, done_after: int = 2) -> None:
        self.done_after = done_after
        self.polls = 0
        self.jobs = 0
        self.good_tokens = {"t1"}
        self.logins = 0

    def __call__(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if path == "/login":
            self.logins += 1
            token = f"t{self.logins}"
            return 200, json.dumps({"token": token}).encode()
        if request.method == "POST":
            self.jobs += 1
            self.polls = 0
            return 201, json.dumps({"data": {"id": f"j {self.jobs}"}}).encode()
        self.polls += 1
        word = "done" if self.polls > self.done_after else "running"
        return 200, json.dumps({"job": {"state": word}}).encode()


def one_flow(
    meet: Meet, plan: Scenario, answers: Any, environ: dict[str, str] | None = None
) -> tuple[OneProcess, ScriptedApi]:
    """One operation of it, done."""
    process, api = meet(plan=plan, script=answers, environ=environ)
    process.add(FlowUser)
    one_operation(process)
    return process, api


def failure(process: OneProcess) -> tuple[str, str]:
    """Of the operation: its kind and an example."""
    errors = process.record().overall().errors
    (kind,) = errors.counts
    return kind, errors.examples[kind]


def test_what_one_reply_says_goes_into_the_next_request(meet: Meet) -> None:
    process, api = one_flow(meet, flow(SUBMIT, FETCH), Jobs())
    assert api.paths[:2] == ["/jobs", "/jobs/j%201"]
    assert process.record().overall().succeeded == process.step("fetch").succeeded
    assert process.step("submit").attempts == api.paths.count("/jobs")


def test_a_value_in_a_path_stays_one_and_a_secret_there_is_held_as_it_is_to_be_sent(
    meet: Meet,
) -> None:
    plan = flow({"get": "/a?t={{ text(12) }}&s=${KEY}&v={{ v }}"}, variables={"v": "#&"})
    _, api = one_flow(meet, plan, Jobs(), {"KEY": "a+b/%3D #"})
    text = "%20%21%23%24%25%26%27%28%29%2A%2B%2C"
    assert api.paths[0] == f"/a?t={text}&s=a+b/%3D%20%23&v=%23%26"


def test_values_keep_their_type_where_they_stand_alone(meet: Meet) -> None:
    body = {
        "n": "{{ int(3, 3) }}",
        "text": "{{ int(3, 3) }} of {{ region }}",
        "list": ["{{ tags }}", True, 1.5, None],
        "made": "{{ made }}",
        "choice": "{{ choice(7) }}",
        "data": "{{ text(12) }}",
        "quoted": 'a "{{ said }}" b',
    }
    plan = flow(
        {"post": "/a", "json": body},
        variables={
            "region": "eu",
            "tags": ["x", {"y": 1}],
            "said": 'he said "ü\n"',
            "made": "{{ int(5, 5) }}",
        },
    )
    _, api = one_flow(meet, plan, Jobs())
    sent = api.requests[0].job
    assert sent["n"] == 3
    assert sent["text"] == "3 of eu"
    assert sent["list"] == [["x", {"y": 1}], True, 1.5, None]
    assert sent["choice"] == 7
    assert sent["made"] == 5
    assert len(sent["data"]) == 12
    assert sent["quoted"] == 'a "he said "ü\n"" b'
    assert int(api.requests[0].headers["content-length"]) == len(api.requests[0].body)


def test_what_is_made_anew_differs_each_time_and_one_variable_is_one_value(meet: Meet) -> None:
    body = {
        "a": "{{ id }}",
        "b": "{{ id }}",
        "unique": "{{ unique }}",
        "now": "{{ now }}",
        "ms": "{{ now(unix_ms) }}",
        "user": "{{ user }}",
        "worker": "{{ worker }}",
    }
    plan = flow({"post": "/a", "json": body}, variables={"id": "{{ uuid }}"})
    process, api = meet(plan=plan, script=Jobs())
    for _ in range(3):
        process.add(FlowUser)
    wait_until(lambda: len(api.requests) > 50)
    sent = [request.job for request in api.requests]
    assert all(each["a"] == each["b"] and uuid.UUID(each["a"]).version == 4 for each in sent)
    assert len({each["a"] for each in sent}) == len({each["unique"] for each in sent}) == len(sent)
    assert {each["user"] for each in sent} == {1, 2, 3}
    assert {each["worker"] for each in sent} == {0}
    now = datetime.fromisoformat(sent[0]["now"])
    assert abs(now.timestamp() * 1000 - sent[0]["ms"]) < 1000


def test_forms_texts_and_headers_are_filled_in(meet: Meet) -> None:
    plan = flow(
        {"name": "form", "post": "/f", "form": {"a b": "{{ v }}", "n": 3, "x": "a&{{ v }}"}},
        {
            "name": "text",
            "put": "/t?q={{ v }}",
            "body": "<v>{{ v }}</v>",
            "headers": {"X-V": "is {{ word }}", "Content-Type": "text/xml"},
        },
        variables={"v": "1 & ü", "word": "here"},
    )
    _, api = one_flow(meet, plan, Jobs())
    form, text = api.requests[:2]
    assert parse_qs(form.body.decode()) == {"a b": ["1 & ü"], "n": ["3"], "x": ["a&1 & ü"]}
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert text.body.decode() == "<v>1 & ü</v>"
    assert text.path == "/t?q=1%20%26%20%C3%BC"
    assert (text.headers["x-v"], text.headers["content-type"]) == ("is here", "text/xml")


def test_a_secret_of_the_environment_is_sent_and_shown_nowhere(meet: Meet) -> None:
    plan = flow({"name": "login", "post": "/l", "json": {"password": "${PASSWORD}"}})
    environ = {"PASSWORD": "hunter22"}
    process, api = one_flow(meet, plan, lambda request: (500, request.body), environ)
    assert api.requests[0].job == {"password": "hunter22"}
    assert failure(process) == ("login: http-500", '{"password":"***"}')


@pytest.mark.parametrize(
    ("expect", "body", "told"),
    [
        ({"json": {"$.status": "ok"}}, {"status": "error"}, '$.status is "error", expected "ok"'),
        ({"json": {"$.s": ["a", "b"]}}, {"s": 1}, '$.s is 1, expected "a" or "b"'),
        ({"json": {"$.n": {"min": 1, "max": 5}}}, {"n": 9}, "$.n is 9, expected at least 1 and at"),
        ({"json": {"$.n": True}}, {"n": 1}, "$.n is 1, expected true"),
        ({"json": {"$.x.y": {"exists": True}}}, {"x": {}}, "$.x.y is not there, expected someth"),
        ({"json": {"$.e": {"exists": False}}}, {"e": "no"}, '$.e is "no", expected nothing there'),
        ({"json": {"$.v": {"matches": "^v\\d$"}}}, {"v": "x"}, '$.v is "x", expected what matches'),
        ({"json": {"$.all[*].ok": True}}, {"all": [{"ok": True}, {"ok": False}]}, "is false, expe"),
        ({"json": ["id"]}, {"ID": 1}, "without id"),
        ({"headers": {"x-kind": "a"}}, {}, 'header x-kind is "b", expected "a"'),
        ({"body": "^ok"}, {"a": 1}, "nothing in the body matches ^ok"),
    ],
)
def test_the_first_thing_that_does_not_hold_is_named_with_what_was_there(
    meet: Meet, expect: dict[str, Any], body: Any, told: str
) -> None:
    plan = flow({"name": "ask", "get": "/a", "expect": expect})
    answer = (200, json.dumps(body).encode(), {"X-Kind": "b"})
    process, _ = one_flow(meet, plan, lambda _: answer)
    kind, example = failure(process)
    assert kind == "ask: unexpected-reply"
    assert told in example
    assert process.step("ask").errors.counts == {"unexpected-reply": process.step("ask").failed}


def test_what_holds_is_a_success(meet: Meet) -> None:
    expect = {
        "status": [201],
        "json": {"$.s": ["a", "b"], "$.n": {"min": 1}, "$.none": None, "$.r": "{{ region }}"},
        "headers": {"x-kind": {"matches": "^b"}},
        "body": "region|eu",
    }
    body = json.dumps({"s": "b", "n": 1, "none": None, "r": "eu"}).encode()
    plan = flow({"get": "/a", "expect": expect}, variables={"region": "eu"})
    process, _ = one_flow(meet, plan, lambda _: (201, body, {"X-Kind": "bee"}))
    assert process.record().overall().failed == 0


def test_a_capture_that_is_not_there_fails_its_step_and_ends_the_operation(meet: Meet) -> None:
    process, api = one_flow(meet, flow(SUBMIT, FETCH), lambda _: (200, b'{"data": {}}'))
    assert failure(process) == ("submit: no-capture", 'job is not there ($.data.id): {"data": {}}')
    assert set(api.paths) == {"/jobs"}
    assert "fetch" not in process.record().steps


def test_headers_and_patterns_are_captured_and_a_location_is_a_path(meet: Meet) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "submit", "post": "/a/jobs", "capture": {"where": "header:location"}},
        {"name": "page", "get": "{{ where }}", "capture": {"ref": "regex:ref=(\\w+)"}},
        {"name": "ref", "get": "/refs/{{ ref }}"},
    ]

    def answers(request: Request) -> Answer:
        if request.method == "POST":
            return 202, b"", {"Location": "jobs/7?x=1"}
        return 200, b"see ref=q9."

    _, api = one_flow(meet, flow(*steps), answers)
    assert api.paths[:3] == ["/a/jobs", "/a/jobs/7?x=1", "/refs/q9"]


def test_an_id_of_more_than_64_bits_stays_that_id(meet: Meet) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "submit", "post": "/jobs", "capture": {"id": "$.id"},
         "expect": {"json": {"$.id": {"min": 5}}}},
        {"name": "use", "post": "/jobs/{{ id }}", "json": {"id": "{{ id }}"}},
    ]  # fmt: skip
    said = b'{"id": 12345678901234567890123}'
    _, api = one_flow(meet, flow(*steps), lambda _: (200, said))
    assert api.paths[1] == "/jobs/12345678901234567890123"
    assert api.requests[1].body == said.replace(b" ", b"")


def test_a_page_that_is_no_json_is_not_taken_for_null(meet: Meet) -> None:
    step = {"name": "a", "get": "/a", "expect": {"json": {"$": {"exists": True}}}}
    process, _ = one_flow(meet, flow(step), lambda _: (200, b"<html>busy</html>"))
    assert failure(process)[0] == "a: unexpected-reply"


def test_a_secret_in_a_path_is_no_second_header(meet: Meet) -> None:
    step = {"name": "a", "get": "/a?k=${KEY}"}
    environ = {"KEY": "x y\r\nX-Evil: 1"}
    _, api = one_flow(meet, flow(step), lambda _: (200, b""), environ)
    assert api.paths[0] == "/a?k=x%20y%0D%0AX-Evil:%201"


def test_an_address_elsewhere_is_asked_for_at_the_target_itself(meet: Meet) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "submit", "post": "/jobs", "capture": {"where": "header:location"}},
        {"name": "page", "get": "{{ where }}/result"},
    ]
    location = {"Location": "http://elsewhere.test:81/jobs/7"}
    _, api = one_flow(meet, flow(*steps), lambda _: (200, b"", location))
    assert api.paths[1] == "/jobs/7/result"


@pytest.mark.parametrize("said", ["a\r\nX-Evil: 1", "\x00"])
def test_a_reply_can_smuggle_nothing_into_a_later_request(meet: Meet, said: str) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "login", "post": "/login", "capture": {"token": "$.token"}},
        {"name": "use", "get": "/a", "headers": {"Authorization": "Bearer {{ token }}"}},
    ]
    process, api = one_flow(
        meet, flow(*steps), lambda _: (200, json.dumps({"token": said}).encode())
    )
    assert failure(process)[0] == "use: unsendable"
    assert set(api.paths) == {"/login"}


# --- polls ----------------------------------------------------------------------------------

WAIT: dict[str, Any] = {
    "name": "wait",
    "get": "/jobs/{{ job }}",
    "poll": {
        "until": {"$.job.state": "done"},
        "fail": {"$.job.state": ["failed", "lost"]},
        "every": "20ms",
        "timeout": "2s",
    },
}


def test_a_poll_asks_until_the_job_is_done(meet: Meet) -> None:
    process, api = one_flow(meet, flow(SUBMIT, WAIT), Jobs(done_after=3))
    wait = process.step("wait")
    assert wait.attempts == sum(path.startswith("/jobs/") for path in api.paths) == 4 * wait.started
    assert (wait.repeats, wait.retries, wait.failed) == (3 * wait.started, 0, 0)
    assert wait.response_time.min_us >= 60_000, "three pauses"
    assert wait.service_time.max_us < 60_000
    whole, jobs = process.record().overall(), process.record().completion
    assert whole.response_time.min_us >= wait.response_time.min_us
    assert (jobs.followed, jobs.succeeded) == (wait.started, wait.succeeded)
    assert jobs.polls == wait.attempts
    assert jobs.time.min_us == whole.response_time.min_us
    assert process.record().waited_us == 20_000 * wait.repeats


def test_a_job_that_fails_fails_the_poll_and_names_the_value(meet: Meet) -> None:
    def answers(request: Request) -> Answer:
        if request.method == "POST":
            return 200, b'{"data": {"id": 1}}'
        return 200, b'{"job": {"state": "lost"}}'

    process, _ = one_flow(meet, flow(SUBMIT, WAIT), answers)
    kind, example = failure(process)
    assert kind == "wait: poll-failed"
    assert example.startswith('$.job.state is "lost"')
    assert process.record().completion.failed == process.step("wait").failed


def test_a_poll_ends_in_time_and_names_what_it_still_saw(meet: Meet) -> None:
    poll = {**WAIT["poll"], "timeout": "100ms"}
    process, _ = one_flow(meet, flow(SUBMIT, {**WAIT, "poll": poll}), Jobs(done_after=10**6))
    kind, example = failure(process)
    assert kind == "wait: poll-timeout"
    assert example.startswith('after 0.1 s $.job.state is "running", expected "done"')
    assert process.record().completion.reasons.counts == process.step("wait").errors.counts


def test_a_status_can_be_what_a_poll_waits_for(meet: Meet) -> None:
    asked: list[str] = []

    def answers(request: Request) -> Answer:
        asked.append(request.path)
        return (404, b"") if len(asked) < 3 else (303, b"", {"Location": "/result"})

    poll = {"until": {"status": 303}, "fail": {"status": "5xx"}, "every": "10ms"}
    steps: list[dict[str, Any]] = [
        {"name": "wait", "get": "/j", "poll": poll, "expect": {"status": [404]},
         "capture": {"where": "header:location"}},
        {"name": "result", "get": "{{ where }}"},
    ]  # fmt: skip
    _, api = one_flow(meet, flow(*steps), answers)
    assert api.paths[:4] == ["/j", "/j", "/j", "/result"]


# --- logins, cookies, pauses, time --------------------------------------------------------------

LOGIN: dict[str, Any] = {
    "name": "login",
    "post": "/login",
    "json": {"user": "u"},
    "capture": {"token": "$.token"},
    "reuse": "1m",
}
USE = {"name": "use", "get": "/use", "headers": {"Authorization": "Bearer {{ token }}"}}


def test_a_login_is_done_once_for_each_user(meet: Meet) -> None:
    process, api = meet(plan=flow(LOGIN, USE), script=Jobs())
    for _ in range(2):
        process.add(FlowUser)
    wait_until(lambda: process.succeeded() > 20)
    assert process.step("login").started == api.paths.count("/login") == 2
    assert process.step("use").started > 20


def test_a_login_is_shared_by_flows_that_have_the_same_one_and_no_others(meet: Meet) -> None:
    def steps(who: str, use: str) -> dict[str, Any]:
        login = {"name": "login", "post": f"/login/{who}", "capture": {"token": "$.token"}}
        return {"steps": [{**login, "reuse": "1m"}, {"get": use, "headers": {"X": "{{ token }}"}}]}

    def answers(request: Request) -> Answer:
        return 200, json.dumps({"token": request.path}).encode()

    flows = {"a": steps("ann", "/a"), "b": steps("ben", "/b"), "c": steps("ann", "/c")}
    process, api = meet(plan=scenario(flows=flows, payload_bytes=1024), script=answers)
    process.add(FlowUser)
    wait_until(lambda: len(api.requests) > 10)
    sent = {(r.path, r.headers["x"]) for r in api.requests if r.method == "GET"}
    assert sent == {("/a", "/login/ann"), ("/b", "/login/ben"), ("/c", "/login/ann")}
    assert sorted(r.path for r in api.requests if r.method == "POST") == [
        "/login/ann",
        "/login/ben",
    ]


def test_a_login_is_done_again_after_its_time(meet: Meet) -> None:
    process, _ = meet(plan=flow({**LOGIN, "reuse": "50ms"}, USE), script=Jobs())
    process.add(FlowUser)
    wait_until(lambda: process.step("login").succeeded >= 3)
    assert process.step("use").succeeded > process.step("login").succeeded


def test_an_expired_token_is_renewed_once_and_the_operation_succeeds(meet: Meet) -> None:
    issued: list[str] = []

    def answers(request: Request) -> Answer:
        if request.path == "/login":
            gevent.sleep(0.1)
            issued.append(f"t{len(issued)}")
            return 200, json.dumps({"token": issued[-1]}).encode()
        good = request.headers["authorization"] == f"Bearer {issued[-1]}"
        if good and len(issued) == 1 and len(api.requests) > 10:
            issued.append("revoked")
            return 401, b""
        return (200, b"") if good else (401, b"")

    process, api = meet(plan=flow(LOGIN, USE), script=answers)
    process.add(FlowUser)
    wait_until(lambda: process.step("login").succeeded == 2)
    one_operation(process)
    whole = process.record().overall()
    assert whole.failed == 0
    use, login = process.step("use"), process.step("login")
    assert (use.retries, login.started, use.started) == (1, 2, whole.started)
    assert use.attempts + login.attempts == len(api.requests) == whole.attempts
    assert use.response_time.max_us < 90_000, "the login in between is no part of it"
    assert login.response_time.min_us >= 90_000


def test_a_token_that_expires_while_a_job_is_polled_is_renewed(meet: Meet) -> None:
    polls: list[str] = []

    def answers(request: Request) -> Answer:
        if request.path == "/login":
            return 200, json.dumps({"token": f"t{len(api.requests)}"}).encode()
        polls.append(request.headers["authorization"])
        if len(polls) < 8 or polls[-1] != polls[0]:
            return 200, b'{"state": "%b"}' % (b"done" if len(polls) % 4 == 0 else b"busy")
        return 401, b""

    poll = {"until": {"$.state": "done"}, "every": "5ms", "timeout": "5s"}
    process, api = meet(plan=flow(LOGIN, {**USE, "poll": poll}), script=answers)
    process.add(FlowUser)
    wait_until(lambda: process.step("login").succeeded == 2)
    one_operation(process)
    use = process.step("use")
    assert (use.failed, use.retries) == (0, 1)
    assert use.attempts == len(polls) == use.started + use.retries + use.repeats


def test_a_login_that_does_not_help_is_not_tried_for_ever(meet: Meet) -> None:
    def answers(request: Request) -> Answer:
        if request.path == "/login":
            return 200, b'{"token": "t"}'
        return (200, b"") if len(api.requests) < 4 else (401, b"")

    process, api = meet(plan=flow(LOGIN, USE), script=answers)
    process.add(FlowUser)
    wait_until(lambda: process.step("use").failed)
    one_operation(process)
    use = process.step("use")
    assert use.errors.counts == {"http-401": use.failed}
    assert use.retries == use.failed, "each failed operation has tried it once more"


def test_cookies_that_a_server_sets_are_kept_for_the_user(meet: Meet) -> None:
    seen: list[str | None] = []
    logins = count(1)

    def answers(request: Request) -> Answer:
        if request.path == "/login":
            return 200, b"{}", {"Set-Cookie": f"sid=s{next(logins)}; Path=/; HttpOnly"}
        seen.append(request.headers.get("cookie"))
        return 200, b"{}"

    login = {"name": "login", "post": "/login", "reuse": "1m"}
    process, _ = meet(plan=flow(login, {"get": "/use"}), script=answers)
    for _ in range(2):
        process.add(FlowUser)
    wait_until(lambda: len(seen) > 10)
    assert set(seen) == {"sid=s1", "sid=s2"}


@pytest.mark.usefixtures("_no_pauses")
def test_a_cookie_of_a_reply_that_was_no_good_goes_with_the_retry(meet: Meet) -> None:
    def answers(request: Request) -> Answer:
        if request.headers.get("cookie") == "node=b":
            return 200, b"{}"
        return 503, b"", {"Set-Cookie": "node=b; Path=/"}

    process, api = one_flow(meet, flow({"name": "a", "post": "/a", "json": {}}), answers)
    assert process.record().overall().failed == 0
    first, second = api.requests[:2]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_pause_of_the_plan_is_no_part_of_the_response_time(meet: Meet) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "a", "get": "/a"},
        {"pause": "150ms"},
        {"name": "b", "get": "/b"},
    ]
    process, _ = one_flow(meet, flow(*steps), Jobs())
    record = process.record()
    assert record.overall().response_time.min_us < 100_000
    assert record.steps["b"].response_time.max_us < 100_000
    assert record.paused_us == 150_000 * record.started


@pytest.mark.usefixtures("_no_pauses")
def test_retries_are_of_a_step_and_all_is_counted(meet: Meet) -> None:
    broken = iter([True, True, False, False, True, False])

    def answers(request: Request) -> Answer:
        return (503, b"") if next(broken, False) else (200, b'{"data": {"id": 1}}')

    process, api = one_flow(meet, flow(SUBMIT, {**FETCH, "retries": 0}), answers)
    submit, fetch, whole = process.step("submit"), process.step("fetch"), process.record().overall()
    assert submit.retries >= 2
    assert submit.attempts + fetch.attempts == whole.attempts == len(api.requests)
    assert whole.retries == submit.retries + fetch.retries
    keys = [r.headers["idempotency-key"] for r in api.requests if r.method == "POST"]
    assert len(set(keys[:3])) == 1


@pytest.mark.usefixtures("_no_pauses")
def test_the_time_of_an_attempt_that_failed_is_the_targets(meet: Meet) -> None:
    silent = iter([True])

    def answers(_: Request) -> Answer:
        return Silence() if next(silent, False) else (200, b"{}")

    plan = flow({"name": "a", "get": "/a"}, timeout="500ms")
    process, _ = one_flow(meet, plan, answers)
    record = process.record()
    for times in (record.steps["a"], record.overall()):
        assert times.response_time_lower.max_us >= 495_000
        assert times.service_time.max_us < 495_000


def test_an_operation_ends_at_its_timeout(meet: Meet) -> None:
    def slow(request: Request) -> Answer:
        gevent.sleep(0.1)
        return Silence() if request.path == "/c" else (200, b"{}")

    steps: list[dict[str, Any]] = [{"name": name, "get": f"/{name}"} for name in "abcdef"]
    process, _ = one_flow(meet, flow(*steps, operation_timeout="1s"), slow)
    kind, _ = failure(process)
    assert kind == "c: operation-timeout"


def test_what_fails_before_an_operation_is_out_of_time_keeps_its_kind(meet: Meet) -> None:
    plan = flow({"name": "a", "get": "/a"}, timeout="30s", operation_timeout="10s", retries=0)
    process, _ = one_flow(meet, plan, lambda _: HangUp())
    kind, _ = failure(process)
    assert kind == "a: closed"


def test_the_parts_of_an_operation_add_up(meet: Meet) -> None:
    """Its steps, one after the other; and neither course is ahead of the other."""

    def slow(_: Request) -> Answer:
        gevent.sleep(0.02)
        return 200, b"{}"

    steps: list[dict[str, Any]] = [{"name": name, "get": f"/{name}"} for name in "abc"]
    process, api = one_flow(meet, flow(*steps), slow)
    record = process.record()
    whole = record.overall()
    steps_us = sum(step.response_time.sum_us for step in record.steps.values())
    lower_us = sum(step.response_time_lower.sum_us for step in record.steps.values())
    waited_us = whole.response_time.sum_us - steps_us
    assert waited_us >= -3 * whole.started
    assert lower_us <= whole.response_time_lower.sum_us + 3 * whole.started
    assert whole.service_time.sum_us <= whole.response_time_lower.sum_us
    assert abs(whole.service_time.sum_us - _service_us(record.steps.values())) <= 3 * whole.started
    assert len(api.requests) == whole.attempts


def _service_us(steps: Iterable[EndpointRecord]) -> int:
    return sum(step.service_time.sum_us for step in steps)


def test_flows_come_in_the_shares_of_their_weights(meet: Meet) -> None:
    flows = {
        "browse": {"weight": 3, "steps": [{"name": "list", "get": "/list"}]},
        "order": {"weight": 1, "steps": [{"name": "order", "post": "/order"}]},
    }
    process, api = meet(plan=scenario(flows=flows, payload_bytes=1024), script=Jobs())
    for _ in range(3):
        process.add(FlowUser)
    wait_until(lambda: process.succeeded() > 80)
    one_operation(process)
    browse, order = process.record().flows["browse"], process.record().flows["order"]
    assert abs(browse.started - 3 * order.started) <= 3
    assert api.paths.count("/list") == process.step("list").attempts == browse.attempts


def test_an_interrupted_operation_is_censored_with_its_steps(meet: Meet) -> None:
    steps: list[dict[str, Any]] = [
        {"name": "a", "get": "/a"},
        {"pause": "10s"},
        {"name": "b", "get": "/b"},
    ]
    process, _ = meet(plan=flow(*steps), script=Jobs())
    process.add(FlowUser)
    wait_until(lambda: process.record().paused_us)
    process.end()
    record = process.record()
    assert record.overall().censored == 1
    assert record.steps["a"].succeeded == 1
    assert "b" not in record.steps


# --- how long what failed had lasted ------------------------------------------------------------


def slowest_ms(times: Histogram) -> float:
    return times.max_us / 1e3 if times.count else 0.0


def test_an_operation_that_timed_out_lasted_longer_than_it_took_and_so_did_its_step(
    meet: Meet,
) -> None:
    plan = flow({"name": "a", "get": "/a"}, timeout="100ms", retries=0)
    process, _ = one_flow(meet, plan, lambda request: Silence())
    for record in (process.record().overall(), process.step("a")):
        given_up = record.unsuccessful["given-up"]
        assert given_up.count == record.failed > 0
        assert 100 <= slowest_ms(given_up.upper) < 1000
        assert 95 <= slowest_ms(given_up.lower) <= slowest_ms(given_up.upper)
    assert slowest_ms(process.step("a").unsuccessful["given-up"].service) >= 95


def test_a_poll_and_an_operation_that_had_no_time_left_are_given_up(meet: Meet) -> None:
    wait = {**WAIT, "poll": {**WAIT["poll"], "timeout": "100ms"}}
    process, _ = one_flow(meet, flow(SUBMIT, wait), Jobs(done_after=10_000))
    overall = process.record().overall()
    assert overall.unsuccessful["given-up"].count == overall.failed > 0
    jobs = process.record().completion
    assert jobs.unsuccessful["given-up"].count == jobs.abandoned > 0
    assert slowest_ms(jobs.unsuccessful["given-up"].upper) >= 100


def test_an_operation_that_failed_has_its_time_beside_those_that_succeeded(meet: Meet) -> None:
    plan = flow({"name": "a", "get": "/a"}, {"name": "b", "get": "/b"}, retries=0)
    process, _ = one_flow(
        meet, plan, lambda request: (500, b"") if request.path == "/b" else (200, b"{}")
    )
    overall = process.record().overall()
    failed = overall.unsuccessful["failed"]
    assert failed.count == overall.failed > 0
    assert slowest_ms(failed.upper) >= slowest_ms(process.step("b").unsuccessful["failed"].upper)
    assert not process.step("a").unsuccessful.by_ending
