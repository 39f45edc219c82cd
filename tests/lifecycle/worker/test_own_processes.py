import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gevent import monkey
from locust import main

from jobload.lifecycle.worker.own_processes import (
    WORKERS_PORT,
    end_forked_workers_with_this_process,
    forks_workers,
    port_of_own_workers,
)


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


def _threads_of_a_child(fork: Callable[[], int]) -> int:
    waitpid = monkey.get_original("os", "waitpid")
    if not (pid := fork()):
        os._exit(len(list(Path("/proc/self/task").iterdir())))
    return os.waitstatus_to_exitcode(waitpid(pid, 0)[1])


@pytest.mark.processes
def test_only_what_locust_forks_waits_for_the_end_of_its_master(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between fork and exec a thread would read what is another's by then."""
    its_gevent: Any = vars(main)["gevent"]
    monkeypatch.setattr(main, "gevent", its_gevent)
    end_forked_workers_with_this_process()
    assert _threads_of_a_child(vars(main)["gevent"].fork) == 2
    assert _threads_of_a_child(os.fork) == 1
