"""One process in a run: what it does at each word of the master, and what it says at the end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from time import perf_counter, process_time

import gevent
import pytest
from one_process import OneProcess, assert_accounted, closed, scenario, wait_until
from scripted_api import CREATED, Answer, Request, ScriptedApi, Silence

from jobload.load import agent as agent_module
from jobload.load.state import State

FIRST, SECOND = (0, 0), (0, 1)


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    started = ScriptedApi(CREATED)
    yield started
    started.close()


@pytest.fixture
def process(api: ScriptedApi) -> Iterator[OneProcess]:
    started = OneProcess(api.url)
    yield started
    started.end()


@pytest.fixture
def silent_api() -> Iterator[ScriptedApi]:
    started = ScriptedApi(Silence())
    yield started
    started.close()


@pytest.fixture
def stuck(silent_api: ScriptedApi) -> Iterator[OneProcess]:
    """A process with one request in flight that is never answered."""
    started = OneProcess(silent_api.url)
    started.say("load")
    started.add()
    wait_until(lambda: silent_api.requests)
    yield started
    started.end()


# --- the master's word ----------------------------------------------------------------------


def test_nothing_runs_before_the_master_says_so(process: OneProcess, api: ScriptedApi) -> None:
    process.add()
    process.say("prepare")
    gevent.sleep(0.02)
    assert api.requests == []
    assert process.agent.idle
    process.say("load")
    wait_until(lambda: api.requests)
    assert not process.agent.idle


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


def test_words_before_the_first_run_are_ignored() -> None:
    agent = agent_module.Agent("w1", lambda: 0, lambda snapshot: None)
    agent.follow(State("run", 1, "load", 0, 0, 0.0, 1000.0))
    gevent.sleep(0)
    agent.finish(1.0)
    agent.report()
    assert agent.recorder.stages == {}


def test_a_word_of_the_old_run_that_is_still_on_its_way_does_not_touch_the_new_one(
    process: OneProcess,
) -> None:
    process.agent.follow(process.word("load"))
    process.begin("new")
    gevent.sleep(0)
    assert process.agent.recorder.stages == {}
    assert process.agent.idle


def test_a_late_process_takes_up_the_stage_that_runs_and_the_second_of_the_run(
    process: OneProcess,
) -> None:
    process.say("load", stage=1, elapsed_s=75.4)
    assert list(process.agent.recorder.stages) == [SECOND]
    assert process.agent.elapsed_s == pytest.approx(75.4, abs=0.5)
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
    old = process.agent.recorder
    process.begin("new")
    gevent.sleep(0)
    user.stop()
    process.say("load")
    gate.set()
    wait_until(lambda: user.greenlet.dead)
    assert process.record().ended_good == 0
    assert old.stages[FIRST].overall().succeeded == 1


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
    agents = [agent_module.Agent("w", partial(int, n), lambda snapshot: None) for n in range(5)]
    numbers = {agent.next_number() for agent in agents for _ in range(5)}
    assert len(numbers) == 25


# --- silence --------------------------------------------------------------------------------


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert agent_module.SILENCE_S == 3.0
    monkeypatch.setattr(agent_module, "SILENCE_S", 0.1)


@pytest.fixture
def quiet(_impatient: None, api: ScriptedApi) -> Iterator[OneProcess]:
    """A process that minds a silence of a tenth of a second."""
    started = OneProcess(api.url, closed())
    yield started
    started.end()


def test_a_process_that_no_longer_hears_the_master_starts_nothing_new(
    quiet: OneProcess, api: ScriptedApi
) -> None:
    quiet.add()
    said_s = perf_counter()
    quiet.say("load", elapsed_s=12.0)
    wait_until(lambda: quiet.agent._is_silent)
    assert perf_counter() - said_s < 1.0, "at once, not with the next report"
    gevent.sleep(0.02)
    started = quiet.record().started
    gevent.sleep(0.15)
    assert quiet.record().started == started == len(api.requests)
    quiet.agent.report()
    (pause,) = quiet.sent[-1].pauses
    assert pause == "no word from the master for 0 s from second 12 on"


def test_the_next_word_ends_the_silence_and_tells_its_length(
    quiet: OneProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet.add()
    quiet.say("load")
    wait_until(lambda: quiet.agent._is_silent)
    quiet.agent._heard_s -= 9.0
    started = quiet.record().started
    quiet.say("load")
    wait_until(lambda: quiet.record().started > started)
    quiet.agent.report()
    (pause,) = quiet.sent[-1].pauses
    assert pause.startswith("no word from the master for 9 s")


def test_a_word_that_is_only_repeated_is_a_word_too(quiet: OneProcess) -> None:
    state = quiet.say("load")
    for _ in range(10):
        gevent.sleep(0.03)
        quiet.agent.follow(state)
    quiet.agent.report()
    assert quiet.sent[-1].pauses == []


def test_between_scenarios_silence_is_no_matter(quiet: OneProcess) -> None:
    quiet.say("load")
    quiet.say("drain")
    gevent.sleep(0.25)
    quiet.agent.report()
    assert quiet.sent[-1].pauses == []


# --- reports --------------------------------------------------------------------------------


def test_reports_are_numbered_and_cumulative(process: OneProcess) -> None:
    process.add()
    process.say("load")
    for least in (1, 5, 9):
        wait_until(lambda least=least: process.succeeded() >= least)  # type: ignore[misc]
        process.agent.report()
    assert [snapshot.seq for snapshot in process.sent] == [1, 2, 3, 4]
    offered = [s.stages[0].offered for s in process.sent[1:]]
    assert offered == sorted(offered)
    assert process.sent[-1].users == 1
    assert process.sent[-1].obeyed == 1


def test_a_report_comes_with_each_second_of_the_run(process: OneProcess) -> None:
    process.say("load", elapsed_s=41.8)
    before = len(process.sent)
    wait_until(lambda: len(process.sent) > before + 1)
    assert [snapshot.second for snapshot in process.sent[before:]] == [41, 42]


def test_a_report_tells_the_work_in_hand(stuck: OneProcess) -> None:
    stuck.agent.report()
    snapshot = stuck.sent[-1]
    assert (snapshot.in_flight, snapshot.idle) == (1, False)
    stage = snapshot.stages[0]
    assert stage.offered == stage.started + stage.missed + snapshot.backlog


def test_crashes_are_told_once_each_and_not_without_end(process: OneProcess) -> None:
    for n in range(10_000):
        process.agent.report_crash(f"{n % 50} " + "x" * 10_000)
    process.agent.report()
    crashes = process.sent[-1].crashes
    assert len(set(crashes)) == len(crashes) == agent_module.MAX_CRASHES
    assert max(map(len, crashes)) <= agent_module.MAX_CRASH_CHARACTERS


def test_cpu_time_is_that_of_the_stage(process: OneProcess) -> None:
    process.say("load")
    until_s = process_time() + 0.05
    while process_time() < until_s:
        pass
    process.say("load", stage=1)
    first, second = process.record(FIRST), process.record(SECOND)
    assert 0.05 <= first.cpu_s <= first.wall_s + 0.01
    assert second.cpu_s == 0.0
    process.agent.report()
    assert 0.0 < second.cpu_s < 0.05


# --- the end --------------------------------------------------------------------------------


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
    assert stuck.agent.final_sent.is_set()
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


def test_the_drain_between_scenarios_waits_and_then_censors(
    stuck: OneProcess, silent_api: ScriptedApi
) -> None:
    """Else a request of one scenario would end in the next, and no one would know."""
    stuck.say("drain", drain_s=0.1)
    assert not stuck.agent.idle
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
    assert not stuck.agent.final_sent.is_set()
    stuck.agent.finish(0.0)
    assert stuck.sent[-1].final
    assert stuck.sent[-1].run_id == "new"


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
