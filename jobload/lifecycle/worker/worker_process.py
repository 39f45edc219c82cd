"""Makes a process a worker."""

from __future__ import annotations

from locust.env import Environment
from locust.runners import WorkerRunner

from jobload.lifecycle.given_agent import give_agent
from jobload.lifecycle.signals import on_signals
from jobload.lifecycle.worker.sendable_statistics import make_sendable
from jobload.lifecycle.worker.worker import Worker


def become_worker(environment: Environment, runner: WorkerRunner) -> None:
    worker = Worker(environment, runner)
    give_agent(environment, worker.agent)
    environment.events.test_start.add_listener(lambda **_: worker.on_test_start())
    environment.events.test_stopping.add_listener(lambda **_: worker.on_test_stopping())
    environment.events.quitting.add_listener(lambda **_: worker.on_quitting())
    environment.events.report_to_master.add_listener(lambda data, **_: make_sendable(data))
    on_signals(worker.on_signal)
    # A run may have begun here before this: Locust reads what the master sends from the start.
    worker.join()
