import socket
from collections.abc import Iterator

import pytest

from jobload.lifecycle.worker.own_processes import WORKERS_PORT, forks_workers, port_of_own_workers


@pytest.fixture(autouse=True)
def _looks_anew() -> Iterator[None]:
    port_of_own_workers.cache_clear()
    yield
    port_of_own_workers.cache_clear()


@pytest.mark.parametrize(
    ("environ", "arguments", "expected"),
    [
        ({}, ["--processes", "2"], True),
        ({}, ["--processes=2"], True),
        ({"LOCUST_PROCESSES": "2"}, [], True),
        ({}, ["--master"], False),
    ],
)
def test_workers_are_forked_only_when_it_is_asked_for(
    environ: dict[str, str], arguments: list[str], expected: bool
) -> None:
    assert forks_workers(environ, arguments) is expected


def test_a_second_run_of_the_machine_takes_another_port() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", WORKERS_PORT))
            other.listen()
        except OSError:
            pass  # a run that is under way has it
        port = port_of_own_workers()
    assert port != WORKERS_PORT
    assert port_of_own_workers() == port  # the same for the workers
