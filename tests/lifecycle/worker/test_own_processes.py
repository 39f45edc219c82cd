import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gevent import monkey
from locust import main
from locust.argument_parser import get_empty_argument_parser, setup_parser_arguments

from jobload.lifecycle.options import add_options
from jobload.lifecycle.worker import own_processes
from jobload.lifecycle.worker.own_processes import (
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
        ({}, ["--proc", "2"], True),
        ({}, ["--config", "two.conf"], True),
        ({}, ["--master"], False),
        ({}, ["--processes", "0"], False),
        ({"LOCUST_PROCESSES": "0"}, ["--master"], False),
        ({}, ["--config", "of a script.yaml"], False),
        ({"LOCUST_MODE_WORKER": ""}, [], False),
    ],
)
def test_workers_are_forked_only_when_it_is_asked_for(
    environ: dict[str, str],
    arguments: list[str],
    expected: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.conf").write_text("processes = 2\n")
    (tmp_path / "of a script.yaml").write_text("a: {b: 1}\n- x\n{\n")
    assert forks_workers(environ, arguments) is expected


def _port_of_another_run() -> int:
    port_of_own_workers.cache_clear()
    return port_of_own_workers()


def test_runs_that_begin_at_the_same_time_take_ports_of_their_own() -> None:
    """Between the look and the master's own bind nobody holds it."""
    port = port_of_own_workers()
    assert port_of_own_workers() == port  # the same for the workers
    assert any(_port_of_another_run() != port for _ in range(3))


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ports = other.getsockname()[1], free.getsockname()[1]
        free.close()
        monkeypatch.setattr(own_processes, "OWN_PORTS", ports)
        monkeypatch.setattr(own_processes, "MOST_TRIED", len(ports))
        assert {_port_of_another_run() for _ in range(10)} == {ports[1]}


@pytest.mark.parametrize(
    ("arguments", "mode", "is_locusts"),
    [
        (["--processes", "2"], "false", False),
        (["--processes", "2", "--master-bind-host", "0.0.0.0"], "false", True),
        (["--processes", "2", "--worker"], "false", True),
        (["--processes", "2"], "true", True),
        (["--config", "two.conf"], "false", False),
        (["--config", "all.conf"], "false", True),
        (["--config", "port.conf"], "false", True),
        (["--processes", "2", "--master-p", "5557"], "false", True),
        (["--processes", "2", "--master"], "false", False),
    ],
)
def test_only_where_others_may_join_it_or_it_joins_them_it_is_the_port_that_they_know(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    mode: str,
    is_locusts: bool,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.conf").write_text("processes = 2\n")
    (tmp_path / "all.conf").write_text("processes = 2\nmaster-bind-host = 0.0.0.0\n")
    (tmp_path / "port.conf").write_text("processes = 2\nmaster-bind-port = 5557\n")
    monkeypatch.setenv("LOCUST_MODE_WORKER", mode)
    monkeypatch.setattr(sys, "argv", ["locust", *arguments])
    parser = get_empty_argument_parser(add_help=False)
    setup_parser_arguments(parser)
    add_options(parser)
    options = parser.parse_args(arguments)
    assert (options.master_bind_port == 5557) is is_locusts
    assert options.master_bind_port == options.master_port


@pytest.mark.parametrize(
    ("named", "host", "port"),
    [
        (["--master-bind-port", "6001"], "127.0.0.1", 6001),
        (["--master-port", "6001"], "127.0.0.1", 6001),
        (["--master-bind-host", "127.0.0.2"], "127.0.0.2", 5557),
        (["--master-bind-host", "*", "--master-bind-port", "6001"], "127.0.0.1", 6001),
    ],
    ids=str,
)
def test_own_workers_look_for_their_master_where_it_listens(
    monkeypatch: pytest.MonkeyPatch, named: list[str], host: str, port: int
) -> None:
    arguments = ["--processes", "2", *named]
    monkeypatch.setattr(sys, "argv", ["locust", *arguments])
    parser = get_empty_argument_parser(add_help=False)
    setup_parser_arguments(parser)
    add_options(parser)
    options = parser.parse_args(arguments)
    assert (options.master_host, options.master_port) == (host, port)
    assert options.master_bind_port == port


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
