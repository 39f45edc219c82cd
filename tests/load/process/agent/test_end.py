from __future__ import annotations

from time import perf_counter

import gevent
import pytest
from one_process import OneProcess, assert_accounted, scenario, wait_until
from scripted_api import CREATED, Answer, Request, ScriptedApi

from .conftest import FIRST, SECOND

pytestmark = pytest.mark.waits


def test_the_end_waits_for_requests_in_flight(process: OneProcess, api: ScriptedApi) -> None:
    gate = gevent.event.Event()
    api.answer_with(lambda request: gate.wait() and CREATED)
    process.say("load")
    process.add()
    wait_until(lambda: api.requests)
    gevent.spawn_later(0.05, gate.set)
    process.agent.finish(5.0)
    endpoint = process.endpoint()
    assert (endpoint.succeeded, endpoint.censored) == (1, 0)
    assert len(api.requests) == 1, "nothing new was started meanwhile"
    assert process.sent[-1].final
    assert process.sent[-1].in_flight == process.sent[-1].backlog == 0
    assert_accounted(process.agent.recorder.stages)


def test_what_is_in_flight_at_the_end_of_the_drain_is_censored(stuck: OneProcess) -> None:
    began_s = perf_counter()
    stuck.agent.finish(0.1)
    assert 0.1 <= perf_counter() - began_s < 2.0
    assert stuck.endpoint().censored == 1
    assert stuck.sent[-1].final
    assert stuck.sent[-1].in_flight == 0
    assert_accounted(stuck.agent.recorder.stages)


def test_the_last_word_is_said_once_however_many_ask_for_it(stuck: OneProcess) -> None:
    asking = [gevent.spawn(stuck.agent.finish, 0.1) for _ in range(5)]
    wait_until(lambda: all(greenlet.dead for greenlet in asking))
    assert all(greenlet.successful() for greenlet in asking)
    assert stuck.run.final_sent.is_set()
    stuck.agent.finish(5.0)
    assert [snapshot.final for snapshot in stuck.sent].count(True) == 1
    assert stuck.sent[-1].final


def test_who_asks_again_may_shorten_the_drain_and_not_lengthen_it(stuck: OneProcess) -> None:
    began_s = perf_counter()
    asking = [gevent.spawn(stuck.agent.finish, drain_s) for drain_s in (30.0, 0.1, 30.0)]
    wait_until(lambda: all(greenlet.dead for greenlet in asking))
    assert perf_counter() - began_s < 3.0


def test_the_master_s_word_ends_the_run_and_a_second_one_hurries(stuck: OneProcess) -> None:
    stuck.say("end", drain_s=30.0)
    gevent.sleep(0.02)
    assert not stuck.sent[-1].final
    stuck.say("end", drain_s=0.0, interrupted=True)
    wait_until(lambda: stuck.sent[-1].final)
    assert stuck.endpoint().censored == 1
    assert stuck.sent[-1].obeyed == 3


def test_after_the_last_word_nothing_is_reported(process: OneProcess) -> None:
    process.say("load", elapsed_s=10.7)
    process.agent.finish(1.0)
    words = len(process.sent)
    gevent.sleep(0.4)
    assert len(process.sent) == words


def test_after_the_last_word_no_word_of_the_master_starts_anything(
    process: OneProcess, api: ScriptedApi
) -> None:
    """A worker that is told to end by a signal, while the run goes on without it."""
    process.say("prepare")
    process.agent.finish(drain_s=1)
    process.add()
    process.say("load")
    gevent.sleep(0.1)
    assert not api.requests
    assert process.run.idle


def test_the_drain_between_scenarios_waits_and_then_censors(
    stuck: OneProcess, silent_api: ScriptedApi
) -> None:
    """Else a request of one scenario would end in the next, and no one would know."""
    stuck.say("drain", drain_s=0.1)
    assert not stuck.run.idle
    wait_until(lambda: stuck.sent[-1].obeyed == 2 and stuck.sent[-1].idle)
    assert stuck.endpoint().censored == 1
    assert_accounted(stuck.agent.recorder.stages)


def test_a_drain_that_is_overtaken_by_the_next_scenario_censors_nothing(api: ScriptedApi) -> None:
    gate = gevent.event.Event()
    api.answer_with(lambda request: gate.wait() and CREATED)
    process = OneProcess(api.url, scenario(), scenario(name="b"))
    process.say("load")
    process.add()
    wait_until(lambda: api.requests)
    process.say("drain", drain_s=0.05)
    process.say("load", position=1)
    gevent.sleep(0.15)
    gate.set()
    wait_until(lambda: process.succeeded(FIRST) == 1)
    assert process.endpoint().censored == 0
    process.end()


def test_the_end_of_an_old_run_does_not_end_the_new_one(stuck: OneProcess) -> None:
    """A process that slept through the end of a run may meet the next one while it drains."""
    ending = gevent.spawn(stuck.agent.finish, 0.2)
    gevent.sleep(0.02)
    stuck.begin("new")
    stuck.say("load")
    wait_until(lambda: ending.dead)
    assert not any(snapshot.final for snapshot in stuck.sent)
    assert not stuck.run.final_sent.is_set()
    stuck.agent.finish(0.0)
    assert stuck.sent[-1].final
    assert stuck.sent[-1].run_id == "new"


def test_the_last_word_holds_every_stage_of_the_run(process: OneProcess) -> None:
    process.say("load", stage=0)
    process.say("load", stage=1)
    for _ in range(20):
        process.agent.report()
    assert [stage.key for stage in process.sent[-1].stages] == [SECOND]
    process.agent.finish(0.0)
    assert [stage.key for stage in process.sent[-1].stages] == [FIRST, SECOND]


def test_a_run_that_never_loaded_ends_with_a_word_too(process: OneProcess) -> None:
    process.say("end", drain_s=5.0)
    wait_until(lambda: process.sent[-1].final)
    assert process.sent[-1].stages == []


def slow(request: Request) -> Answer:
    gevent.sleep(0.01)
    return CREATED


def test_arrivals_and_operations_add_up_under_a_changing_crowd(api: ScriptedApi) -> None:
    """Users come, are stopped, are killed; stages change; then all is drained."""
    api.answer_with(slow)
    process = OneProcess(api.url)
    process.say("load")
    for turn in range(30):
        process.add()
        gevent.sleep(0.005)
        if turn % 3 == 2:
            process.users[turn - 1].stop(force=turn % 2 == 0)
        if turn == 15:
            process.say("load", stage=1)
    process.agent.finish(5.0)
    assert_accounted(process.agent.recorder.stages)
    assert len(process.agent.recorder.stages) == 2
    whole = process.record(SECOND).overall()
    assert whole.succeeded
    attempts = sum(r.overall().attempts for r in process.agent.recorder.stages.values())
    censored = sum(r.overall().censored for r in process.agent.recorder.stages.values())
    assert attempts - censored <= len(api.requests) <= attempts
    process.end()
