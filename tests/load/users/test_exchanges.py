"""What users send through the client, and what of it is counted."""

from __future__ import annotations

from typing import Any

import pytest
from gevent.event import Event
from one_process import PROMPT_S, scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, HangUp, Request, Silence

from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.job_watcher import JobWatcher

from .conftest import JOBS, Meet, one_operation


def test_each_arrival_is_one_request_and_one_sample(meet: Meet) -> None:
    fired: list[dict[str, Any]] = []
    process, api = meet(CREATED, plan=scenario())
    process.environment.events.request.add_listener(lambda **told: fired.append(told))
    process.add()
    wait_until(lambda: process.succeeded() >= 20)
    process.close_stage()
    wait_until(lambda: process.in_flight == 0)
    endpoint = process.endpoint()
    assert endpoint.started == endpoint.attempts == endpoint.succeeded == len(api.requests)
    assert endpoint.response_time.count == endpoint.service_time.count == len(api.requests)
    assert process.record().ended_good == len(api.requests)
    assert len(fired) == len(api.requests), "Locust's statistics are fed once"
    assert {told["response_length"] for told in fired} == {len(b'{"id": "j1"}')}


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
@pytest.mark.parametrize(
    ("trouble", "kind"), [(BROKEN, "http-503"), (HangUp(), "closed")], ids=["503", "hang-up"]
)
def test_an_operation_is_tried_four_times_with_one_key(
    meet: Meet, method: str, trouble: Answer, kind: str
) -> None:
    process, api = meet(trouble, plan=scenario(method=method))
    process.add()
    one_operation(process)
    keys = [request.key for request in api.requests]
    endpoint = process.endpoint(f"{method} {JOBS}")
    assert endpoint.attempts == len(keys) == 4 * endpoint.started
    assert all(len(set(keys[n : n + 4])) == 1 for n in range(0, len(keys), 4))
    assert len(set(keys)) == endpoint.started == endpoint.failed
    assert endpoint.errors.counts == {kind: endpoint.failed}


def test_a_status_that_is_no_success_is_not_tried_again(meet: Meet) -> None:
    process, api = meet((404, b"\xff gone"), plan=scenario())
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.attempts == endpoint.failed == len(api.requests)
    assert endpoint.errors.counts == {"http-404": endpoint.failed}


@pytest.mark.usefixtures("_no_pauses")
def test_a_target_that_hangs_holds_a_user_no_longer_than_the_timeout(meet: Meet) -> None:
    process, api = meet(Silence(), plan=scenario(timeout="50ms", retries=1))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.attempts == len(api.requests) == 2 * endpoint.started
    assert endpoint.errors.counts == {"timeout": endpoint.failed}


def test_a_forced_stop_in_the_middle_of_a_request_censors_it(meet: Meet) -> None:
    process, api = meet(Silence(), plan=scenario())
    user = process.add()
    wait_until(lambda: api.requests)
    user.stop(force=True)
    assert user.greenlet.dead
    endpoint = process.endpoint()
    assert (endpoint.started, endpoint.censored, endpoint.failed) == (1, 1, 0)


@pytest.mark.parametrize("kind", [JobSubmitter, JobWatcher, JobFollower])
def test_every_user_can_use_it(meet: Meet, kind: type[ArrivalUser]) -> None:
    def api_of_jobs(request: Request) -> Answer:
        if request.method == "POST":
            return CREATED
        if request.path.startswith(f"{JOBS}?"):
            return 200, b'[{"id": "j1"}]'
        return 200, b'{"id": "j1", "status": "succeeded"}'

    process, api = meet(script=api_of_jobs, plan=scenario())
    process.add(kind)
    wait_until(lambda: len(api.requests) >= 10)
    process.close_stage()
    wait_until(lambda: process.in_flight == 0)
    record = process.record()
    assert record.overall().attempts + record.completion.polls == len(api.requests)
    assert record.overall().failed == record.completion.abandoned == 0


def test_users_keep_working_while_one_of_them_waits(meet: Meet) -> None:
    enough = Event()

    def first_comes_last(request: Request) -> Answer:
        if len(api.requests) == 1:
            enough.wait(PROMPT_S)
        return CREATED

    process, api = meet(script=first_comes_last, plan=scenario())
    process.add()
    process.add()
    wait_until(lambda: process.succeeded() >= 10)
    assert len(api.requests) > process.ended()
    enough.set()
