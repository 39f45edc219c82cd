"""Users of a dispatcher as a test wants them: busy for so long with every arrival, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gevent
from virtual_time import VirtualTime

from jobload.load.pacing.dispatcher import Dispatcher
from jobload.measure.stage_record import StageRecord


@dataclass(frozen=True, slots=True)
class Begun:
    """An arrival that a user has started."""

    intended_s: float
    started_s: float
    stage: StageRecord

    @property
    def waited_s(self) -> float:
        return self.started_s - self.intended_s


class Visitor:
    def __init__(
        self, time: VirtualTime, dispatcher: Dispatcher, begun: list[Begun], busy_s: float
    ) -> None:
        self._time = time
        self._dispatcher = dispatcher
        self._begun = begun
        self._busy_s = busy_s
        self._stopping = False
        self.busy = False
        dispatcher.enter()
        self.greenlet: Any = gevent.spawn(self._visit)

    def _visit(self) -> None:
        while not self._stopping:
            intended_s = self._dispatcher.take()
            self.busy = True
            self._begun.append(Begun(intended_s, self._time.now_s, self._dispatcher.stage))
            self._time.sleep(self._busy_s)
            self.busy = False

    def stop(self) -> None:
        """As a Locust user is stopped: at once if it waits, else after what it is doing."""
        self.doom()
        if self.busy:
            self._stopping = True
        else:
            self.greenlet.kill()

    def doom(self) -> None:
        """Takes it out of the count; what ends it is still on its way."""
        self._dispatcher.leave(self.greenlet)

    def kill(self) -> None:
        """As something else ends a greenlet, without a word to anyone."""
        self.greenlet.kill()
        self._dispatcher.leave(None)
