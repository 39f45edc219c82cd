"""Who runs what when tests run beside each other (`make test`), on a machine of few cores.

Tests of real processes wait most of the time, as some unit tests do (`pytest.mark.waits`); others
compute. So the last workers take what computes, and the others what waits; who has come to what
computes gives way to all others. With `--by-lanes` that is all that each of them takes, and it
collects nothing else: to collect everything takes seconds of CPU. Those about milliseconds
(`pytest.mark.timed`) begin when no test of the waiting lane runs any more, a few files at a time,
beside what is left of those that compute. What wants the machine for itself (`pytest.mark.alone`)
comes last, when all other workers have ended.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import gettempdir
from time import sleep
from typing import Any, Self

import pytest
from lane_of_file import Lane, lane_of, turn_of
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

NICE = 10
FOR_UNITS = 2
"""Workers by lanes: so many cores they keep busy while the others wait."""
TIMED_AT_ONCE = 4
"""Files: nearly all the time they wait for the run of a load test to go on."""


@dataclass(frozen=True)
class Place:
    """One of several workers. One that comes for another, which crashed, takes whatever is left."""

    number: int
    of: int
    by_lanes: bool = False

    @classmethod
    def named(cls, worker_id: str, of: int, by_lanes: bool) -> Self:
        return cls(int(worker_id.removeprefix("gw")), of, by_lanes)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """In this order. Who gives way does so until it ends, and its processes with it."""
        if self.number >= self.of:
            return "waiting", "timed", "alone", "units"
        if self._is_for_units:
            return ("units",)
        own: tuple[Lane, ...] = ("waiting",)
        if self.number < TIMED_AT_ONCE:
            own += ("timed",)
        if not self.number:
            own += ("alone",)
        return own if self.by_lanes and self.of > 1 else (*own, "units")

    @property
    def _is_for_units(self) -> bool:
        return self.number >= max(1, self.of - (FOR_UNITS if self.by_lanes else 1))

    def next_of(self, files: Iterable[str]) -> str | None:
        mine = [file for file in files if lane_of(file) in self.lanes]
        return min(mine, key=self._turn, default=None)

    def _turn(self, file: str) -> tuple[int, int]:
        return self.lanes.index(lane_of(file)), turn_of(file)


class LaneScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """xdist's wants the same collection of all workers; of these each may have only its own."""

    collection: list[str] | None

    def add_node_collection(self, node: WorkerController, collection: list[str]) -> None:
        self.registered_collections[node] = collection

    def schedule(self) -> None:
        if self.collection is None:
            self.collection = self._collected()
            for test in self.collection:
                self.workqueue.setdefault(self._split_scope(test), {})[test] = False
            super().schedule()
        super().schedule()  # a worker begins its last test when it has one more

    def _collected(self) -> list[str]:
        files: dict[str, list[str]] = {}
        for collection in self.registered_collections.values():
            own: dict[str, list[str]] = {}
            for test in collection:
                own.setdefault(self._split_scope(test), []).append(test)
            for file, tests in own.items():
                if files.setdefault(file, tests) != tests:
                    raise pytest.UsageError(f"{file} has not the same tests in each worker.")
        return [*chain.from_iterable(files.values())]

    def _assign_work_unit(self, node: WorkerController) -> None:
        self._forget_what_is_done(self.assigned_work[node])
        if (file := self._place(node).next_of(self.workqueue)) is not None:
            self.workqueue.move_to_end(file, last=False)
            super()._assign_work_unit(node)
        else:
            node.shutdown()

    def _forget_what_is_done(self, assigned: dict[str, dict[str, bool]]) -> None:
        """All that was ever assigned is counted at the end of each test."""
        for file in [file for file, tests in assigned.items() if all(tests.values())]:
            del assigned[file]

    def _place(self, node: WorkerController) -> Place:
        return Place.named(node.gateway.id, self.numnodes, self.config.option.by_lanes)


class Worker:
    """One of several until it has only tests that want the machine for themselves."""

    def __init__(self, config: pytest.Config) -> None:
        run: dict[str, Any] = config.workerinput  # type: ignore[attr-defined]  # xdist's
        by_lanes: bool = config.option.by_lanes
        self._place = Place.named(run["workerid"], run["workercount"], by_lanes)
        self._root = config.rootpath
        self._lane: Lane = "waiting"
        self._waiting = Shared(f"{run['testrunuid']}-waiting")
        self._running = Shared(run["testrunuid"])
        for plugin in config.pluginmanager.get_plugins():
            if queue := getattr(plugin, "torun", None):
                queue._has_items_event = SetByThread()
                plugin.sendevent = only_what_is_read(plugin.sendevent, config)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """None leaves it to others."""
        if not self._place.by_lanes or collection_path.suffix != ".py":
            return None
        file = collection_path.relative_to(self._root).as_posix()
        return lane_of(file) not in self._place.lanes or None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Around all others, so that no time is up while it waits for its turn."""
        lane = lane_of(_file_of(item))
        if lane != self._lane:
            self._lane = lane
            self._enter(lane)
        return (yield)

    def _enter(self, lane: Lane) -> None:
        if lane == "waiting":
            return
        self._waiting.leave()
        if lane == "units":
            _give_way()
            return
        self._waiting.wait_for_others()
        if lane == "alone":
            self._running.leave()
            self._running.wait_for_others()

    def pytest_unconfigure(self) -> None:
        self._waiting.close()
        self._running.close()


def only_what_is_read(send: Callable[..., None], config: pytest.Config) -> Callable[..., None]:
    """Of each test xdist tells six times. That it begins and ends, was set up and taken down, is
    read only where it went wrong, wrote something, or where somebody asked for more."""
    asked = ("durations", "xmlpath")
    if config.get_verbosity() > 0 or any(
        config.getoption(name, None) is not None for name in asked
    ):
        return send

    def send_less(name: str, **told: Any) -> None:
        report = told.get("data", {})
        around = report.get("when") in ("setup", "teardown")
        plain = around and report["outcome"] == "passed" and not report["sections"]
        if not plain and name not in ("logstart", "logfinish"):
            send(name, **told)

    return send_less


class Shared:
    """What several workers are in, until each has left or has ended."""

    def __init__(self, name: str) -> None:
        self._lock = (Path(gettempdir()) / f"jobload-tests-{name}").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    def leave(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def wait_for_others(self) -> None:
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.leave()

    def close(self) -> None:
        Path(self._lock.name).unlink(missing_ok=True)
        self._lock.close()


def _file_of(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _give_way() -> None:
    """Linux may share the CPU between sessions first, each of which has a niceness of its own."""
    os.nice(NICE)
    os.setsid()
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE))


class SetByThread:
    """An Event that another thread sets, in a process where threading's is gevent's."""

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def clear(self) -> None:
        self._is_set = False

    def wait(self) -> None:
        while not self._is_set:
            sleep(0.005)
