from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from virtual_time import VirtualTime, virtual_time
from visitor import Begun, Visitor

from jobload.load.pacing.arrivals import Arrivals
from jobload.load.pacing.dispatcher import Dispatcher
from jobload.measure.stage_record import StageRecord


class Stage:
    """A dispatcher in virtual time, its users, and what they have begun."""

    def __init__(self, time: VirtualTime, process: int = 0) -> None:
        self.time = time
        self.began_s = time.now_s
        self.dispatcher = Dispatcher()
        self.arrivals = Arrivals("even", 0, process)
        self._record = StageRecord()
        self.begun: list[Begun] = []
        self.users: list[Visitor] = []

    def add(self, users: int, busy_s: float = 0.01) -> None:
        for _ in range(users):
            self.users.append(Visitor(self.time, self.dispatcher, self.begun, busy_s))
        self.time.settle()

    def open(self, rate_per_user: float | None) -> StageRecord:
        record = self._record = StageRecord()
        self.time.in_hub(self.dispatcher.open, record, rate_per_user, self.arrivals)
        return record

    @property
    def record(self) -> StageRecord:
        """With all that was counted."""
        self.dispatcher.count()
        return self._record

    def close(self) -> None:
        self.time.in_hub(self.dispatcher.close)

    def pause(self) -> None:
        self.time.in_hub(self.dispatcher.pause)

    def resume(self) -> None:
        self.time.in_hub(self.dispatcher.resume)

    @property
    def intended_s(self) -> list[float]:
        return [round(b.intended_s - self.began_s, 6) for b in self.begun]

    @property
    def started_s(self) -> list[float]:
        return [round(b.started_s - self.began_s, 6) for b in self.begun]

    def end(self) -> None:
        gevent.killall([user.greenlet for user in self.users])


@pytest.fixture
def stage() -> Iterator[Stage]:
    with virtual_time() as time:
        made = Stage(time)
        yield made
        made.end()
