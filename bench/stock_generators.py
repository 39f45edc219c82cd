"""Locust's own users with the same job, as its documentation has them written."""

from __future__ import annotations

from itertools import count, cycle
from time import perf_counter, time_ns
from typing import Any

import gevent
from locust import FastHttpUser, HttpUser, User, task

from bench import flow
from bench.load import Load
from bench.locust_generator import Generator


class Slots:
    """One schedule for all users: whoever is free takes the next slot and sleeps until it comes."""

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / rate
        self._next_s = perf_counter()

    def take(self) -> float:
        slot_s = self._next_s
        self._next_s += self._gap_s
        return slot_s


class StockGenerator(Generator):
    def ended(self) -> tuple[int, int]:
        total = self.environment.stats.total
        return total.num_requests, total.num_failures


class FastHttpGenerator(StockGenerator):
    def user_class(self) -> type[User]:
        if self.load.steps:
            return _flowing(FastHttpUser, self.load)
        return _paced(FastHttpUser, self) if self.load.rate else _looping(FastHttpUser, self.load)


class HttpGenerator(StockGenerator):
    def user_class(self) -> type[User]:
        return _looping(HttpUser, self.load)


def _job(load: Load, data: str) -> dict[str, Any]:
    return {
        "job_name": f"load-test-job-1-{time_ns()}",
        "args": {"model": "test-model", "data": data, "worker_id": 1},
        "priority": 1,
    }


def _looping(base: type[Any], load: Load) -> type[User]:
    data = "x" * load.payload_bytes

    class Submitter(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        @task
        def submit(self) -> None:
            self.client.post(load.path, json=_job(load, data))

    return Submitter


def _flowing(base: type[Any], load: Load) -> type[User]:
    data, numbers = "x" * load.payload_bytes, count(1)
    rows = cycle([f"user-{n}" for n in range(1, flow.ROWS + 1)])

    class Flowing(base):  # type: ignore[misc]  # as above
        @task
        def go_through(self) -> None:
            user, known = next(rows), {}
            if load.steps > 1:
                token = self.client.post("/login", data={"user": user}).json()["id"]
                known = {"Authorization": f"Bearer {token}"}
            sent = flow.job(str(next(numbers)), user, data)
            job = self.client.post(load.path, json=sent, headers=known).json()["id"]
            if load.steps > 1:
                place = f"{load.path}/{job}"
                while "id" not in self.client.get(place, headers=known, name="wait").json():
                    gevent.sleep(0.01)
                self.client.get(f"{place}/result", headers=known, name="fetch")

    return Flowing


def _paced(base: type[Any], generator: Generator) -> type[User]:
    """As even as Locust's users can be made: `constant_throughput` fires all of them at once."""
    load, note = generator.load, generator.starts.append
    data = "x" * load.payload_bytes
    assert load.rate is not None
    slots = Slots(load.rate)

    class PacedSubmitter(base):  # type: ignore[misc]  # as above
        def on_start(self) -> None:
            gevent.sleep(self.wait_time())

        def wait_time(self) -> float:
            self.slot_s = slots.take()
            return max(0.0, self.slot_s - perf_counter())

        @task
        def submit(self) -> None:
            note(self.slot_s)
            note(perf_counter())
            self.client.post(load.path, json=_job(load, data))

    return PacedSubmitter
