from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any

import gevent
import pytest
from locust.env import Environment
from one_process import OneProcess, scenario, wait_until
from scripted_api import CREATED, ScriptedApi

from jobload.load.http.origin import Origin
from jobload.load.process.agent import Agent
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State
from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.snapshot import Snapshot

from .conftest import FIRST, SECOND


def test_a_word_of_the_old_run_that_is_still_on_its_way_does_not_touch_the_new_one(
    process: OneProcess,
) -> None:
    process.agent.follow(process.word("load"))
    process.begin("new")
    gevent.sleep(0)
    assert process.agent.recorder.stages == {}
    assert process.run.idle


def test_a_late_process_takes_up_the_stage_that_runs_and_the_second_of_the_run(
    process: OneProcess,
) -> None:
    process.say("load", stage=1, elapsed_s=75.4)
    assert list(process.agent.recorder.stages) == [SECOND]
    assert process.run.clock.elapsed_s == pytest.approx(75.4, abs=0.5)
    process.agent.report()
    assert process.sent[-1].second == pytest.approx(75, abs=1)


def test_to_begin_a_run_twice_is_to_begin_it_once(process: OneProcess) -> None:
    process.say("load")
    recorder = process.agent.recorder
    process.begin("run")
    assert process.agent.recorder is recorder
    assert [snapshot.seq for snapshot in process.sent] == [1]


def test_a_new_run_starts_from_nothing(process: OneProcess) -> None:
    process.add()
    process.say("load")
    wait_until(lambda: process.succeeded() >= 3)
    process.agent.report_crash("of the old run")
    process.agent.finish(1.0)
    process.begin("new")
    assert process.sent[-1].run_id == "new"
    assert process.sent[-1].seq == 1
    assert not process.sent[-1].final
    assert process.sent[-1].stages == []
    assert process.sent[-1].crashes == []
    process.say("load")
    wait_until(lambda: process.succeeded() >= 3)


def test_what_of_the_old_run_ends_in_the_new_one_does_not_count_there(
    process: OneProcess, api: ScriptedApi
) -> None:
    gate = gevent.event.Event()
    api.answer_with(lambda request: gate.wait() and CREATED)
    process.say("load")
    user = process.add()
    wait_until(lambda: api.requests)
    old, tallies = process.agent.recorder, process.agent.tallies
    process.begin("new")
    gevent.sleep(0)
    user.stop()
    process.say("load")
    gate.set()
    wait_until(lambda: user.greenlet.dead)
    assert process.record().ended_good == 0
    tallies.count()
    assert old.stages[FIRST].overall().succeeded == 1


def test_what_is_due_when_the_scenario_changes_is_a_request_of_the_old_one(
    api: ScriptedApi,
) -> None:
    """The word may come before the timer of an arrival that is due."""
    slow = [{"name": "slow", "duration": "1m", "users": 1, "rate": 20}]
    process = OneProcess(api.url, scenario(stages=slow), scenario(name="b", endpoint="/other"))
    process.say("load")
    process.add()
    until_s = perf_counter() + 0.08
    while perf_counter() < until_s:
        pass
    process.say("load", position=1)
    wait_until(lambda: process.succeeded((1, 0)))
    assert list(process.record(FIRST).endpoints) == ["POST /api/v1/jobs"]
    assert process.record(FIRST).started >= 1
    process.end()


def test_words_that_ask_for_the_impossible_are_reported(process: OneProcess) -> None:
    process.say("load", position=7)
    process.agent.report()
    (crash,) = process.sent[-1].crashes
    assert crash.startswith("IndexError")
    assert process.sent[-1].idle


def test_a_secret_that_is_missing_here_keeps_this_process_out(api: ScriptedApi) -> None:
    process = OneProcess(api.url, scenario(headers={"Authorization": "${NO_SUCH_TOKEN}"}))
    process.add()
    process.say("load")
    gevent.sleep(0.02)
    assert api.requests == []
    process.agent.finish(1.0)
    assert any("NO_SUCH_TOKEN" in crash for crash in process.sent[-1].crashes)
    assert process.sent[-1].final
    process.end()


def test_numbers_of_users_are_unique_in_the_run(api: ScriptedApi) -> None:
    agents = [
        Agent("w", partial(int, n), lambda snapshot: None, LocustFeed(Environment()))
        for n in range(5)
    ]
    numbers = {agent.users.next_number() for agent in agents for _ in range(5)}
    assert len(numbers) == 25


def test_what_a_worker_objects_to_it_does_not_even_look_up() -> None:
    sent: list[Snapshot] = []
    feed = LocustFeed(Environment())
    agent = Agent("w1", lambda: 0, sent.append, feed, objection=lambda _: "no token here")

    class Environ(dict[str, str]):
        def get(self, name: str, default: object = None) -> Any:
            raise AssertionError(f"{name} was looked up")

    plan = scenario(headers={"X": "${SECRET}"})
    agent.begin(Assignment("run", Origin.parse("http://127.0.0.1:1"), (plan,)), Environ())
    agent.follow(State("run", 1, "load", 0, 0, 0.0, 10.0))
    gevent.sleep(0.05)
    assert sent[-1].crashes == ["no token here"]
    assert agent.workload is None
    agent.finish(0.0)
