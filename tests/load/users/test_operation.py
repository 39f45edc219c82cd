"""What one operation is, from its arrival to its one sample, against a real server on loopback."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import gevent
import pytest
import scripted_api
from one_process import scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, HangUp, Request

from .conftest import JOBS, Meet, one_operation

pytestmark = pytest.mark.waits


def test_the_request_is_the_job_of_the_reference_design_with_the_name_of_the_run(
    meet: Meet,
) -> None:
    process, api = meet(CREATED, plan=scenario(headers={"X-Team": "blue"}))
    user = process.add()
    one_operation(process)
    request = api.requests[0]
    assert (request.method, request.path) == ("POST", JOBS)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-jobload-run"] == "run"
    assert request.headers["x-team"] == "blue"
    assert request.job["args"]["worker_id"] == user.number == 1
    assert len(request.job["args"]["data"]) == 10


def test_response_time_counts_from_the_intended_start_and_service_time_from_the_attempt(
    meet: Meet,
) -> None:
    """The only user is held up by its first request: the arrivals after it wait, and it shows."""

    def slow_at_first(request: Request) -> Answer:
        if len(api.requests) == 1:
            gevent.sleep(0.2)
        return CREATED

    process, api = meet(script=slow_at_first)
    process.add()
    wait_until(lambda: process.succeeded() >= 5)
    endpoint = process.endpoint()
    assert (endpoint.response_time.percentile_us(50) or 0) > 150_000
    assert (endpoint.service_time.percentile_us(50) or 0) < 100_000
    assert endpoint.service_time.max_us >= 200_000


@pytest.mark.usefixtures("_no_pauses")
def test_an_operation_is_tried_up_to_four_times_with_the_same_key(meet: Meet) -> None:
    process, api = meet(BROKEN)
    process.add()
    one_operation(process)
    keys = [request.key for request in api.requests]
    assert len(keys) == 4 * process.record().started
    assert all(len(set(keys[n : n + 4])) == 1 for n in range(0, len(keys), 4))
    assert len(set(keys)) == len(keys) // 4, "each operation has a key of its own"
    assert len({request.body for request in api.requests[:4]}) == 1
    endpoint = process.endpoint()
    assert endpoint.failed == endpoint.started
    assert endpoint.retries == 3 * endpoint.started
    assert endpoint.errors.counts == {"http-503": endpoint.failed}
    assert endpoint.errors.examples["http-503"] == '{"error": "down"}'
    assert endpoint.response_time.count == 0


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("trouble", [BROKEN, HangUp()])
def test_a_retry_that_succeeds_makes_a_success_of_the_operation(
    meet: Meet, trouble: Answer
) -> None:
    process, api = meet(trouble, trouble, CREATED)
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert (endpoint.failed, endpoint.retries) == (0, 2)
    assert endpoint.attempts == len(api.requests) == endpoint.started + 2
    assert endpoint.errors.counts == {}


def test_the_response_time_spans_all_attempts_and_pauses(meet: Meet) -> None:
    process, api = meet(BROKEN, BROKEN, CREATED)
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.response_time.max_us >= 300_000, "100 and 200 ms of pauses"
    assert endpoint.service_time.max_us < 300_000
    assert process.record().waited_us == 300_000
    assert len(api.requests) >= 3


def test_rows_of_a_file_go_out_instead_of_the_job(meet: Meet, tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_text('{"n": 1}\n{"n": 2}\n')
    process, api = meet(CREATED, plan=scenario(payload={"file": str(file)}, method="PUT"))
    process.add()
    process.add()
    wait_until(lambda: len(api.requests) >= 6)
    assert {request.method for request in api.requests} == {"PUT"}
    sent = [request.job["n"] for request in api.requests]
    assert abs(sent.count(1) - sent.count(2)) <= 1


def test_a_get_sends_no_body(meet: Meet) -> None:
    process, api = meet((200, b"[]"), plan=scenario(method="GET"))
    process.add()
    one_operation(process)
    assert api.requests[0].method == "GET"
    assert "content-length" not in api.requests[0].headers
    assert process.endpoint(f"GET {JOBS}").succeeded


def test_a_user_takes_up_the_request_of_the_next_scenario(meet: Meet) -> None:
    process, api = meet(CREATED, plan=scenario(), then=scenario(name="b", endpoint="/other"))
    user = process.add()
    wait_until(lambda: process.succeeded() >= 3)
    process.say("drain", 0, drain_s=5.0)
    wait_until(lambda: not user.busy)
    process.say("load", 1)
    wait_until(lambda: process.succeeded((1, 0)) >= 3)
    first, second = api.paths.index("/other"), len(api.paths)
    assert set(api.paths[:first]) == {JOBS}
    assert set(api.paths[first:second]) == {"/other"}
    assert len({request.key for request in api.requests}) == len(api.requests)


def test_locust_s_own_statistics_are_fed_with_the_service_time(meet: Meet) -> None:
    fired: list[dict[str, Any]] = []
    process, _ = meet(CREATED, (404, b"gone"))
    process.environment.events.request.add_listener(lambda **told: fired.append(told))
    process.add()
    wait_until(lambda: len(fired) >= 2)
    good, bad = fired[:2]
    assert (good["request_type"], good["name"], good["exception"]) == ("POST", JOBS, None)
    assert good["response_length"] == len(b'{"id": "j1"}')
    assert 0 < good["response_time"] < 5_000
    assert bad["exception"] == "http-404"


def test_keys_that_were_never_acknowledged_are_in_the_ledger(meet: Meet) -> None:
    process, _ = meet(CREATED, (404, b""), CREATED)
    user = process.add()
    wait_until(lambda: process.ended() >= 5)
    process.close_stage()
    wait_until(lambda: not user.busy)
    process.agent.finish(1.0)
    (entry,) = process.sent[-1].ledger
    assert (entry.user, entry.keys) == (user.number, process.record().started)
    assert entry.unacknowledged == [2]


def test_a_refusal_is_tried_again_when_the_target_says_where_the_scenario_obeys_it(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = scripted_api._rendered

    def refusing(status: int, body: bytes) -> bytes:
        head, _, rest = plain(status, body).partition(b"\r\n")
        return head + (b"\r\nRetry-After: 1\r\n" if status == 429 else b"\r\n") + rest

    monkeypatch.setattr(scripted_api, "_rendered", refusing)
    rule = {"times": 1, "status": [429, "5xx"], "after": "server"}
    process, api = meet((429, b"later"), CREATED, plan=scenario(retry=rule))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert (endpoint.failed, endpoint.retries) == (0, 1)
    assert endpoint.response_time.max_us >= 1_000_000
    assert api.requests[0].key == api.requests[1].key


def test_a_request_says_who_sends_it_unless_the_scenario_does(meet: Meet) -> None:
    process, api = meet(CREATED, then=scenario(headers={"user-agent": "mine"}))
    process.add()
    wait_until(lambda: process.succeeded() >= 1)
    process.say("drain", 0, drain_s=5.0)
    wait_until(lambda: not process.users[0].busy)
    process.say("load", 1)
    wait_until(lambda: process.succeeded((1, 0)) >= 1)
    agents = list(dict.fromkeys(request.headers["user-agent"] for request in api.requests))
    assert agents == [f"jobload/{version('jobload')}", "mine"]
