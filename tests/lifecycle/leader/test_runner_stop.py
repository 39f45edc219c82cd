from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import gevent
import pytest
from e2e.truth_server import closed_port
from gevent.event import Event
from gevent.pool import Group
from locust.env import Environment
from locust.event import Events
from locust.runners import STATE_INIT, STATE_SPAWNING, STATE_STOPPED, MasterRunner

from jobload.lifecycle.leader.runner_stop import (
    QUIT,
    hear_early_quit,
    hear_early_stop,
    quit_after_the_verdict,
)


@pytest.fixture
def runner() -> Iterator[MasterRunner]:
    runner = Environment(events=Events()).create_master_runner("127.0.0.1", closed_port())
    try:
        hear_early_stop(runner)
        yield runner
    finally:
        runner.greenlet.kill(block=True)
        runner.server.close()
        runner.server.socket.context.term()


@pytest.mark.parametrize(
    ("state", "heard"), [(STATE_INIT, 1), (STATE_SPAWNING, 1), (STATE_STOPPED, 0)]
)
def test_a_master_hears_that_it_is_stopped_also_before_it_starts_users(
    runner: MasterRunner, state: str, heard: int
) -> None:
    stops: list[object] = []
    runner.environment.events.test_stopping.add_listener(lambda **told: stops.append(told))
    runner.update_state(state)
    runner.stop()
    assert len(stops) == heard


def test_what_would_begin_a_run_afterwards_does_so_no_more(runner: MasterRunner) -> None:
    begun: list[bool] = []

    def begin() -> None:
        gevent.sleep(0.02)
        begun.append(True)

    runner.shape_greenlet = starting = gevent.spawn(begin)
    gevent.sleep(0)
    runner.stop()
    gevent.sleep(0.04)
    assert starting.ready()
    assert begun == []
    assert vars(runner)["shape_greenlet"] is None


def test_one_that_stops_the_test_by_itself_goes_on(runner: MasterRunner) -> None:
    """Its own greenlet is the one that Locust's shape has."""
    ended: list[bool] = []

    def refuse() -> None:
        runner.stop()
        ended.append(True)

    runner.shape_greenlet = gevent.spawn(refuse)
    runner.shape_greenlet.join()
    assert ended == [True]


@pytest.mark.parametrize("quits", [True, False])
def test_the_run_of_a_local_process_that_has_quit_is_called_off(quits: bool) -> None:
    shape, run_start = Mock(tick=lambda: None), Mock()
    runner: Any = Environment(events=Events()).create_local_runner()
    runner.environment.shape_class = shape
    hear_early_quit(runner, run_start)
    if quits:
        runner.quit()
    runner.start_shape()
    runner.shape_greenlet.join()
    assert [call.args for call in run_start.call_off.mock_calls] == ([(QUIT,)] if quits else [])
    assert shape.reset_time.called is not quits
    runner.greenlet.kill()


def _master(done: list[str], workers: list[str]) -> Any:
    return SimpleNamespace(
        clients=SimpleNamespace(all=workers),
        quit=lambda: done.append("waits for what they have to say"),
        stop=lambda send_stop_to_client: done.append("stops"),
        greenlet=Group(),
    )


def _leader(await_end: Callable[[], bool]) -> Any:
    return SimpleNamespace(await_end=await_end)


def test_a_master_waits_for_workers_and_for_nobody_else() -> None:
    done: list[str] = []
    master = _master(done, workers := ["w1"])
    goes_on = master.greenlet.spawn(gevent.sleep, 60)
    quit_after_the_verdict(master, _leader(lambda: True))
    master.quit()
    assert not goes_on.ready()
    workers.clear()
    master.quit()
    assert goes_on.ready()
    assert done == ["waits for what they have to say", "stops"]


def test_who_hears_the_workers_is_not_ended_before_the_verdict() -> None:
    done: list[str] = []
    master, verdict = _master(done, []), Event()

    def await_end() -> bool:
        return gevent.getcurrent() not in master.greenlet and verdict.wait()

    quit_after_the_verdict(master, _leader(await_end))
    last_words: list[str] = []

    def hear() -> None:
        master.quit()
        gevent.sleep(0)
        last_words.append("heard")
        verdict.set()
        gevent.sleep(60)

    hearing = master.greenlet.spawn(hear)
    hearing.join(10)
    assert hearing.ready()
    assert (last_words, done) == (["heard"], ["stops"])
