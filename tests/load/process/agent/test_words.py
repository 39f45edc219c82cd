from __future__ import annotations

import gevent
import pytest
from locust.env import Environment
from msgspec.structs import replace
from one_process import OneProcess, assert_accounted, wait_until
from scripted_api import ScriptedApi

from jobload.load.process.agent import Agent
from jobload.load.process.state import State
from jobload.load.users.locust_feed import LocustFeed

from .conftest import FIRST, SECOND


def test_nothing_runs_before_the_master_says_so(process: OneProcess, api: ScriptedApi) -> None:
    process.add()
    process.say("prepare")
    gevent.sleep(0.02)
    assert api.requests == []
    assert process.run.idle
    process.say("load")
    wait_until(lambda: api.requests)
    assert not process.run.idle


def test_stages_follow_the_master(process: OneProcess) -> None:
    process.add()
    process.say("load", stage=0)
    wait_until(lambda: process.succeeded(FIRST) >= 3)
    process.say("load", stage=1)
    first = process.record(FIRST).started
    wait_until(lambda: process.succeeded(SECOND) >= 3)
    assert process.record(FIRST).started == first
    assert_accounted({FIRST: process.record(FIRST)})


def test_the_same_stage_said_again_goes_on(process: OneProcess) -> None:
    process.add()
    process.say("load")
    wait_until(lambda: process.succeeded() >= 3)
    process.say("load")
    assert process.record().missed == 0
    assert list(process.agent.recorder.stages) == [FIRST]


def test_an_older_word_is_ignored(process: OneProcess) -> None:
    old = process.word("load", stage=0)
    process.say("load", stage=1)
    process.agent.follow(old)
    gevent.sleep(0)
    assert list(process.agent.recorder.stages) == [SECOND]


def test_the_word_of_another_run_is_ignored(process: OneProcess) -> None:
    process.agent.follow(State("another", 99, "load", 0, 0, 0.0, 1000.0))
    gevent.sleep(0)
    assert process.agent.recorder.stages == {}


def test_with_more_users_than_it_was_told_to_have_it_ends_all_the_same(
    process: OneProcess, api: ScriptedApi
) -> None:
    process.add()
    process.say("load", users=1)
    wait_until(lambda: api.requests)
    process.say("load", users=0)
    process.say("end", users=0)
    wait_until(lambda: process.sent[-1].final)


def test_words_before_the_first_run_are_ignored() -> None:
    agent = Agent("w1", lambda: 0, lambda snapshot: None, LocustFeed(Environment()))
    agent.follow(State("run", 1, "load", 0, 0, 0.0, 1000.0))
    gevent.sleep(0)
    agent.finish(1.0)
    agent.report()
    assert agent.recorder.stages == {}


def test_the_clock_of_the_run_is_that_of_the_freshest_word(process: OneProcess) -> None:
    process.say("prepare", elapsed_s=0.0)
    process.say("prepare", elapsed_s=4.4)
    process.say("prepare", elapsed_s=0.2)
    assert process.run.clock.elapsed_s == pytest.approx(4.4, abs=0.05)


def test_a_word_said_again_sets_the_clock(process: OneProcess) -> None:
    state = process.say("prepare", elapsed_s=0.0)
    process.agent.follow(replace(state, elapsed_s=9.0))
    assert process.run.clock.elapsed_s == pytest.approx(9.0, abs=0.05)


def test_an_old_word_that_comes_late_leaves_the_clock_alone(process: OneProcess) -> None:
    old = process.word("prepare", elapsed_s=1.0)
    process.say("load", elapsed_s=60.0)
    process.agent.follow(old)
    assert process.run.clock.elapsed_s == pytest.approx(60.0, abs=0.05)


def test_each_run_has_a_clock_of_its_own(process: OneProcess) -> None:
    process.say("load", elapsed_s=600.0)
    process.agent.finish(0.0)
    process.begin("another")
    process.say("prepare", elapsed_s=1.0)
    assert process.run.clock.elapsed_s == pytest.approx(1.0, abs=0.05)
