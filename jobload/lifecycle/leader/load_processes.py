"""The processes that make the load, as the one that leads them sees them."""

from __future__ import annotations

from typing import Protocol

from gevent.event import Event

from jobload.lifecycle.leader.run import Run
from jobload.load.process.assignment import Assignment
from jobload.load.process.state import State


class LoadProcesses(Protocol):
    """What can't be where there is one process only, it need not say."""

    def begin(self, run: Run, assignment: Assignment) -> None:
        """Puts everyone on the roster and gives them the plan."""

    def tell(self, state: State) -> None: ...

    def active(self) -> frozenset[str]:
        """Those that can take users now."""
        ...

    def give_users(self) -> None:
        """Those that can take users have all of them from now on."""
        return

    def have_changed(self) -> bool:
        """Whether others can take users than those who have them."""
        return False

    def is_gone(self, worker: str) -> bool:
        """Nothing more will be heard of it."""
        return False

    def changes_within(self, seconds: float, over: Event) -> bool:
        """Waits for processes to come or go; not any longer when the run is over."""
        over.wait(seconds)
        return False

    def write_off_rows(self, run: Run) -> None:
        """Of those that are gone: others must not wait for them."""
        return

    def may_wait(self) -> bool:
        """Whether the current greenlet may wait for the others' words."""
        return True
