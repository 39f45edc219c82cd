from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import gevent
import pytest
from e2e.truth_server import closed_port
from locust.env import Environment
from locust.event import Events
from locust.runners import STATE_INIT, STATE_SPAWNING, STATE_STOPPED, MasterRunner

from jobload.lifecycle.leader.early_stop import QUIT, hear_early_quit, hear_early_stop


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
