"""Each simulated host with its process: what `locust/main.py` does, with jobload installed."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from itertools import count
from signal import Signals
from typing import Any

import gevent
import gevent.event
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, Runner

from jobload.lifecycle.install import listen
from jobload.lifecycle.port.workers_port import WorkersPort
from jobload.load.users.job_submitter import JobSubmitter
from shapes import Suite
from verify.simulate import places, virtual_loop
from verify.simulate.story import Story
from verify.simulate.transport import Network
from verify.simulate.virtual_loop import NOBODY, Host

LOCAL, MASTER = "local", "master"
WORKERS_WITHIN_S = 20


class Hosts:
    """`ended` has when each process ended, and its exit code; a killed one has none."""

    def __init__(
        self, options: Namespace, port: WorkersPort, network: Network, story: Story
    ) -> None:
        self._options = options
        self._port = port
        self._network = network
        self._story = story
        self.running: dict[str, Host] = {}
        self.ended: list[tuple[str, float, int | None]] = []
        self.connected: set[str] = set()
        """Workers that a master has answered, before it told them to end."""
        self.over = gevent.event.Event()
        """The process that judges has ended."""

    def start(self, host: Host, expected: int = 0) -> None:
        """A process on that host: a worker unless its name says otherwise."""
        self._story.tell(host.name, "starts")
        self.running[host.name] = host
        self.connected.discard(host.name)
        main = {LOCAL: self._local, MASTER: self._master}.get(host.name, self._worker)
        virtual_loop.loop.at(virtual_loop.loop.now_s, host, gevent.spawn, main, expected)

    def end(self, host: Host, code: int | None) -> None:
        """None: nobody ended it in order."""
        if host.is_dead:
            return
        self._story.tell(host.name, "is killed" if code is None else f"ends with exit code {code}")
        host.is_dead = True
        self.running.pop(host.name, None)
        self._network.gone(host)
        self.ended.append((host.name, virtual_loop.loop.now_s, code))
        if host.name in (LOCAL, MASTER):
            loop = virtual_loop.loop
            loop.at(loop.now_s, NOBODY, self.over.set)

    def signal(self, host: Host, number: Signals) -> None:
        self._story.tell(host.name, f"is sent {number.name}")
        for each in host.signals.get(number, []):
            if each.action is not None:
                each.action()

    def on_error(self, host: Host, context: object, error: BaseException, trace: Any) -> None:
        if isinstance(error, SystemExit):
            self.end(host, int(error.code or 0))
        elif not isinstance(error, ConnectionError):
            places.raised[host.name] = True
            self._story.tell(host.name, f"raised {type(error).__name__}: {error}")

    # What Locust's main does.

    def _local(self, _: int) -> None:
        environment = self._environment()
        self._lead(environment, environment.create_local_runner(), lambda: None)

    def _master(self, expected: int) -> None:
        environment = self._environment(master=True, expected=expected)
        runner = environment.create_master_runner("127.0.0.1", places.MASTER_PORT)
        self._lead(environment, runner, lambda: _await_workers(runner, expected))

    def _worker(self, _: int) -> None:
        environment = self._environment(worker=True)
        runner = environment.create_worker_runner("127.0.0.1", places.MASTER_PORT)
        self.connected.add(virtual_loop.current_host().name)
        self._begin(environment, runner)
        runner.greenlet.join()
        _shut_down(environment, runner)

    def _lead(
        self, environment: Environment, runner: Runner, await_workers: Callable[[], None]
    ) -> None:
        self._begin(environment, runner)
        await_workers()
        runner.start_shape()
        if runner.shape_greenlet is not None:
            runner.shape_greenlet.join()
        runner.quit()
        runner.greenlet.join()
        _shut_down(environment, runner)

    def _begin(self, environment: Environment, runner: Runner) -> None:
        environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
        if places.raised.get(virtual_loop.current_host().name):
            raise SystemExit(1)

    def _environment(
        self, *, master: bool = False, worker: bool = False, expected: int = 1
    ) -> Environment:
        """Each process has its own classes and options, as it has read its own locustfile."""
        events = Events()
        listen(events, self._port)
        options = Namespace(**vars(self._options))
        options.master, options.worker = master, worker
        options.expect_workers, options.expect_workers_max_wait = expected, WORKERS_WITHIN_S
        shape = Suite()  # type: ignore[no-untyped-call]  # Locust has no types there
        users = {"JobSubmitter": _submitter()}
        return Environment(
            user_classes=list(users.values()),
            shape_class=None if worker else shape,
            events=events,
            host=options.host,
            parsed_options=options,
            available_user_classes=users,
            available_shape_classes={"Suite": shape},
        )


def _submitter() -> Any:
    numbers = count()

    class Submitter(JobSubmitter):
        """In sets by its number, so that their order is the same each time."""

        def __init__(self, environment: Environment) -> None:
            self._number = next(numbers)
            super().__init__(environment)

        def __hash__(self) -> int:
            return self._number

    Submitter.__name__ = "JobSubmitter"
    return Submitter


def _await_workers(runner: MasterRunner, expected: int) -> None:
    while len(runner.clients.ready) < expected:
        time.sleep(1)


def _shut_down(environment: Environment, runner: Runner) -> None:
    environment.events.quitting.fire(environment=environment, reverse=True)
    code = environment.process_exit_code
    if code is None:
        code = 1 if runner.errors or runner.exceptions else 0
        if not code and places.raised.get(virtual_loop.current_host().name):
            code = 2
    runner.quit()
    environment.events.quit.fire(exit_code=code)
    raise SystemExit(code)
