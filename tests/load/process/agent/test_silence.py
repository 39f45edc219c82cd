from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import gevent
import pytest
from one_process import OneProcess, closed, wait_until
from scripted_api import ScriptedApi

from jobload.load.process import silence_watch

pytestmark = pytest.mark.waits


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert silence_watch.SILENCE_S == 3.0
    monkeypatch.setattr(silence_watch, "SILENCE_S", 0.1)


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
    wait_until(lambda: quiet.run.silence.is_silent)
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
    wait_until(lambda: quiet.run.silence.is_silent)
    quiet.run.silence._heard_s -= 9.0
    started = quiet.record().started
    quiet.say("load")
    wait_until(lambda: quiet.record().started > started)
    quiet.agent.report()
    (pause,) = quiet.sent[-1].pauses
    assert pause.startswith("no word from the master for 9 s")


def test_a_word_that_was_long_on_its_way_does_not_end_the_silence(quiet: OneProcess) -> None:
    """A link that comes back delivers what was said meanwhile, and others may have its users."""
    quiet.add()
    quiet.say("load", elapsed_s=60.0)
    wait_until(lambda: quiet.run.silence.is_silent)
    gevent.sleep(0.02)
    started = quiet.record().started
    quiet.say("load", elapsed_s=56.9)
    gevent.sleep(0.05)
    assert quiet.run.silence.is_silent
    assert quiet.record().started == started
    quiet.say("load", elapsed_s=60.0)
    wait_until(lambda: quiet.record().started > started)


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


def test_with_more_users_than_it_was_told_to_have_it_rests_as_in_silence(
    quiet: OneProcess, api: ScriptedApi
) -> None:
    """The word that took some away was lost, and others have them now."""
    quiet.add()
    quiet.add()
    quiet.say("load", users=2)
    wait_until(lambda: api.requests)
    _hear_for(quiet, 0.3, users=1)
    assert quiet.run.silence.is_silent
    started = quiet.record().started
    _hear_for(quiet, 0.1, users=1)
    assert quiet.record().started == started
    quiet.users[0].stop()
    quiet.say("load", users=1)
    wait_until(lambda: quiet.record().started > started)


def test_a_word_that_came_just_before_the_silence_does_not_end_it(
    quiet: OneProcess, api: ScriptedApi
) -> None:
    """Words are obeyed by the event loop, which may come to the silence first."""
    quiet.add()
    quiet.add()
    quiet.say("load", users=2)
    quiet.say("load", users=1)
    wait_until(lambda: api.requests)
    quiet.agent.follow(quiet.word("load", users=1))
    quiet.run.silence._on_silence()
    gevent.sleep(0.02)
    started = quiet.record().started
    gevent.sleep(0.05)
    assert quiet.record().started == started


def test_users_that_are_just_being_taken_away_are_no_silence(quiet: OneProcess) -> None:
    """Each time it hears of fewer, it has those that it was to have before."""
    for _ in range(12):
        quiet.add()
    quiet.say("load", users=12)
    for left in range(11, 0, -1):
        quiet.say("load", users=left)
        gevent.sleep(0.02)
        quiet.users[left].stop()
    assert not quiet.run.silence.sentences


def _hear_for(process: OneProcess, seconds: float, users: int) -> None:
    until_s = perf_counter() + seconds
    while perf_counter() < until_s:
        process.say("load", users=users)
        gevent.sleep(0.01)
