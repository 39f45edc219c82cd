from __future__ import annotations

import gevent
import pytest
from one_process import scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, Request, Silence

from jobload.load.users import retry_policy as retry

from .conftest import Meet


def test_a_user_that_is_stopped_finishes_its_operation(meet: Meet) -> None:
    def slow(request: Request) -> Answer:
        gevent.sleep(0.05)
        return CREATED

    process, api = meet(script=slow)
    user = process.add()
    wait_until(lambda: api.requests)
    user.stop()
    wait_until(lambda: user.greenlet.dead)
    assert process.endpoint().succeeded == 1
    assert not process.agent.users
    assert process.agent.dispatcher.users == 0


def test_a_user_that_waits_is_stopped_at_once(meet: Meet) -> None:
    plan = scenario(stages=[{"name": "slow", "duration": "1m", "users": 1, "rate": 0.001}])
    process, api = meet(CREATED, plan=plan)
    user = process.add()
    gevent.sleep(0.01)
    user.stop()
    assert user.greenlet.dead
    assert process.record().started == len(api.requests) == 0
    assert not process.agent.users


def test_a_forced_stop_censors_the_operation(meet: Meet) -> None:
    process, api = meet(Silence())
    user = process.add()
    wait_until(lambda: api.requests)
    user.stop(force=True)
    assert user.greenlet.dead
    endpoint = process.endpoint()
    assert (endpoint.started, endpoint.censored, endpoint.failed) == (1, 1, 0)
    assert process.record().ended_bad == 0


@pytest.mark.parametrize("way", ["interrupted", "forced"])
def test_an_operation_stopped_between_two_attempts_ends_at_once_and_is_censored(
    meet: Meet, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(retry, "RETRY_FIRST_PAUSE_S", 60.0)
    process, api = meet(BROKEN)
    user = process.add()
    wait_until(lambda: api.requests)
    gevent.sleep(0.02)
    if way == "interrupted":
        process.say("end", interrupted=True, drain_s=30.0)
    else:
        user.stop(force=True)
    wait_until(lambda: user.greenlet.dead, within_s=1.0)
    endpoint = process.endpoint()
    assert (endpoint.started, endpoint.censored, endpoint.retries) == (1, 1, 0)
    assert len(api.requests) == 1
