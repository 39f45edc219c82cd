import signal
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil
import pytest
from target_process import TargetProcess, running_redis, running_target, wait_until

from target_app.children import start_child


@pytest.fixture
def target() -> Iterator[TargetProcess]:
    with running_redis() as redis, running_target(redis.url, workers=2) as process:
        wait_until(lambda: len(workers(process)) == 2)
        yield process


def workers(target: TargetProcess) -> list[psutil.Process]:
    return psutil.Process(target.process.pid).children()


def test_a_killed_worker_is_replaced_and_the_port_never_closes(target: TargetProcess) -> None:
    victims = workers(target)
    for number, victim in enumerate(victims, 1):
        victim.kill()
        client = target.client()
        assert client.submit().status == 201
        client.close()
        wait_until(partial(_replaced, target, victims[:number]))


def _replaced(target: TargetProcess, gone: list[psutil.Process]) -> bool:
    return len(workers(target)) == 2 and not set(gone) & set(workers(target))


def test_they_end_together_and_in_order(target: TargetProcess) -> None:
    running = workers(target)
    target.process.send_signal(signal.SIGTERM)
    assert target.process.wait(10) == 0
    assert not any(worker.is_running() for worker in running)


def test_a_stop_in_the_middle_of_starting_is_not_overheard() -> None:
    with running_redis() as redis:
        for delay_s in (0.05, 0.2, 0.35, 0.5, 0.65):
            command = [sys.executable, "-m", "target_app", "--port", "0", "--redis-url", redis.url]
            process = start_child(command)
            time.sleep(delay_s)
            process.terminate()
            assert process.wait(5) in (0, -signal.SIGTERM)
