"""A scenario chooses what its users send through; what is counted is the same."""

from __future__ import annotations

from typing import Any

import pytest
from gevent.event import Event
from one_process import PROMPT_S, scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, HangUp, Request, Silence

from jobload.load.fasthttp.client import FastHttpClient
from jobload.load.http.http_client import HttpClient
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.job_watcher import JobWatcher

from .conftest import JOBS, Meet, one_operation


@pytest.fixture(params=["jobload", "fasthttp"])
def client(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_user_has_the_client_of_its_scenario_and_changes_with_it(meet: Meet) -> None:
    process, api = meet(CREATED, plan=scenario(), then=scenario(name="b", client="fasthttp"))
    user = process.add()
    wait_until(lambda: process.succeeded() >= 3)
    assert isinstance(user.client, HttpClient)
    process.say("drain", 0, drain_s=5.0)
    wait_until(lambda: not user.busy)
    process.say("load", 1)
    wait_until(lambda: process.succeeded((1, 0)) >= 3)
    assert isinstance(user.client, FastHttpClient)
    assert len({request.key for request in api.requests}) == len(api.requests)


def test_both_send_the_same_but_for_the_wish_for_gzip(meet: Meet) -> None:
    sent = []
    for name in ("jobload", "fasthttp"):
        plan = scenario(client=name, headers={"X-Team": "blue"}, endpoint="/a%7Eb?x=%20")
        process, api = meet(CREATED, plan=plan)
        process.add()
        one_operation(process)
        sent.append(api.requests[0])
    ours, theirs = sent
    assert (theirs.method, theirs.path) == (ours.method, ours.path)
    assert theirs.headers.pop("accept-encoding") == "gzip"
    assert {**theirs.headers, "host": ""} == {**ours.headers, "host": ""}
    assert len(theirs.body) == len(ours.body)
    assert theirs.job["args"] == ours.job["args"]


def test_each_arrival_is_one_request_and_one_sample(meet: Meet, client: str) -> None:
    fired: list[dict[str, Any]] = []
    process, api = meet(CREATED, plan=scenario(client=client))
    process.environment.events.request.add_listener(lambda **told: fired.append(told))
    process.add()
    wait_until(lambda: process.succeeded() >= 20)
    process.close_stage()
    wait_until(lambda: process.agent.recorder.in_flight == 0)
    endpoint = process.endpoint()
    assert endpoint.started == endpoint.attempts == endpoint.succeeded == len(api.requests)
    assert endpoint.response_time.count == endpoint.service_time.count == len(api.requests)
    assert len(fired) == len(api.requests), "Locust's statistics are fed once"
    assert {told["response_length"] for told in fired} == {len(b'{"id": "j1"}')}


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize(
    ("trouble", "kind"), [(BROKEN, "http-503"), (HangUp(), "closed")], ids=["503", "hang-up"]
)
def test_an_operation_is_tried_four_times_with_one_key(
    meet: Meet, client: str, method: str, trouble: Answer, kind: str
) -> None:
    process, api = meet(trouble, plan=scenario(client=client, method=method))
    process.add()
    one_operation(process)
    keys = [request.key for request in api.requests]
    endpoint = process.endpoint(f"{method} {JOBS}")
    assert endpoint.attempts == len(keys) == 4 * endpoint.started
    assert all(len(set(keys[n : n + 4])) == 1 for n in range(0, len(keys), 4))
    assert len(set(keys)) == endpoint.started == endpoint.failed
    assert endpoint.errors.counts == {kind: endpoint.failed}


def test_a_status_that_is_no_success_is_not_tried_again(meet: Meet, client: str) -> None:
    process, api = meet((404, b"\xff gone"), plan=scenario(client=client))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.attempts == endpoint.failed == len(api.requests)
    assert endpoint.errors.counts == {"http-404": endpoint.failed}


@pytest.mark.usefixtures("_no_pauses")
def test_a_target_that_hangs_holds_a_user_no_longer_than_the_timeout(
    meet: Meet, client: str
) -> None:
    process, api = meet(Silence(), plan=scenario(client=client, timeout="50ms", retries=1))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.attempts == len(api.requests) == 2 * endpoint.started
    assert endpoint.errors.counts == {"timeout": endpoint.failed}


def test_a_forced_stop_in_the_middle_of_a_request_censors_it(meet: Meet, client: str) -> None:
    process, api = meet(Silence(), plan=scenario(client=client))
    user = process.add()
    wait_until(lambda: api.requests)
    user.stop(force=True)
    assert user.greenlet.dead
    endpoint = process.endpoint()
    assert (endpoint.started, endpoint.censored, endpoint.failed) == (1, 1, 0)


@pytest.mark.parametrize("kind", [JobSubmitter, JobWatcher, JobFollower])
def test_every_user_can_use_it(meet: Meet, client: str, kind: type[ArrivalUser]) -> None:
    def api_of_jobs(request: Request) -> Answer:
        if request.method == "POST":
            return CREATED
        if request.path.startswith(f"{JOBS}?"):
            return 200, b'[{"id": "j1"}]'
        return 200, b'{"id": "j1", "status": "succeeded"}'

    process, api = meet(script=api_of_jobs, plan=scenario(client=client))
    process.add(kind)
    wait_until(lambda: len(api.requests) >= 10)
    process.close_stage()
    wait_until(lambda: process.agent.recorder.in_flight == 0)
    record = process.record()
    assert record.overall().attempts + record.completion.polls == len(api.requests)
    assert record.overall().failed == record.completion.abandoned == 0


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("padding", [0, 60, 120, 130, 140])
def test_a_secret_in_the_address_of_a_redirect_is_in_no_report(
    meet: Meet, monkeypatch: pytest.MonkeyPatch, padding: int
) -> None:
    secret = "s3cr3t-t0ken"
    elsewhere = f"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/{'x' * padding}{secret}\r\n"
    monkeypatch.setattr(
        "scripted_api._rendered", lambda *_: f"{elsewhere}Content-Length: 0\r\n\r\n".encode()
    )
    plan = scenario(client="fasthttp", headers={"Authorization": "${TOKEN}"})
    process, _ = meet(CREATED, plan=plan, environ={"TOKEN": secret})
    process.add()
    one_operation(process)
    (shown,) = process.endpoint().errors.examples.values()
    assert shown.startswith("302 to another address than the target's: http://elsewhere/")
    process.agent.report()
    assert secret[:4] not in repr(process.sent[-1])


def test_users_keep_working_while_one_of_them_waits(meet: Meet, client: str) -> None:
    enough = Event()

    def first_comes_last(request: Request) -> Answer:
        if len(api.requests) == 1:
            enough.wait(PROMPT_S)
        return CREATED

    process, api = meet(script=first_comes_last, plan=scenario(client=client))
    process.add()
    process.add()
    wait_until(lambda: process.succeeded() >= 10)
    assert len(api.requests) > process.ended()
    enough.set()
