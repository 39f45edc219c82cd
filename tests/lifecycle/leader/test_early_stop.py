from __future__ import annotations

import pytest
from e2e.truth_server import closed_port
from locust.env import Environment
from locust.event import Events
from locust.runners import STATE_INIT, STATE_SPAWNING, STATE_STOPPED

from jobload.lifecycle.leader.early_stop import hear_early_stop


@pytest.mark.parametrize(
    ("state", "heard"), [(STATE_INIT, 1), (STATE_SPAWNING, 1), (STATE_STOPPED, 0)]
)
def test_a_master_hears_that_it_is_stopped_also_before_it_starts_users(
    state: str, heard: int
) -> None:
    environment = Environment(events=Events())
    stops: list[object] = []
    environment.events.test_stopping.add_listener(lambda **told: stops.append(told))
    runner = environment.create_master_runner("127.0.0.1", closed_port())
    try:
        hear_early_stop(runner)
        runner.update_state(state)
        runner.stop()
        assert len(stops) == heard
    finally:
        runner.greenlet.kill(block=True)
        runner.server.close()
        runner.server.socket.context.term()
