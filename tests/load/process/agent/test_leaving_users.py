"""What a process owes when users are stopped just as it goes on after it stood still."""

from __future__ import annotations

import gevent
import pytest
from gevent import monkey
from one_process import OneProcess, scenario, wait_until
from scripted_api import CREATED, ScriptedApi

from jobload.judge.stretches.excused import excused

pytestmark = pytest.mark.timed
stand_still = monkey.get_original("time", "sleep")
RATE = 100
PLAN = scenario(stages=[{"name": "first", "duration": "1m", "users": 1, "rate": RATE}])


@pytest.mark.parametrize("stood_still", [True, False])
def test_arrivals_missed_by_users_that_went_are_the_generator_s_doing(
    api: ScriptedApi, stood_still: bool
) -> None:
    """Without its pause they would have started them before they went; but a target that kept
    them busy has it missed."""
    process = OneProcess(api.url, PLAN)
    gate = gevent.event.Event()
    process.say("load")
    user = process.add()
    wait_until(lambda: process.succeeded() >= 2)
    api.answer_with(lambda request: gate.wait() and CREATED)
    begun = len(api.requests)
    if stood_still:
        stand_still(0.5)
    wait_until(lambda: len(api.requests) > begun)
    if not stood_still:
        gevent.sleep(0.5)
    gevent.spawn(user.stop)
    gevent.spawn_later(0.01, gate.set)
    wait_until(lambda: not process.agent.users)
    process.agent.dispatcher.soon(process.run._leave_stage)
    gevent.sleep(0.01)
    record = process.record()
    assert record.missed > 0.3 * RATE
    blamed = record.missed - excused(record, record.overall())
    assert blamed < 0.1 * RATE if stood_still else blamed > 0.3 * RATE
    process.end()
