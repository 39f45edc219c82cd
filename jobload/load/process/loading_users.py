"""The users of one process: who is here, and how much of a stage's time each of them has used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

import gevent

from jobload.load.pacing.dispatcher import Dispatcher
from jobload.measure.ledger import LedgerEntry
from jobload.measure.recorder import Recorder
from jobload.measure.stage_record import StageRecord

if TYPE_CHECKING:
    from jobload.load.own_users.own_user import OwnUser
    from jobload.load.users.arrival_user import ArrivalUser

    LoadingUser: TypeAlias = ArrivalUser | OwnUser

USERS_PER_PROCESS = 10**9
"""Numbers that a process may give away; two operations with one key would be one to the target."""


class LoadingUsers:
    """Those that a run has left behind are still here in the next one, until they have gone."""

    def __init__(self, worker: str, index: Callable[[], int], dispatcher: Dispatcher) -> None:
        self._worker = worker
        self._index = index
        self._dispatcher = dispatcher
        self._here: set[LoadingUser] = set()
        self._kept: tuple[LoadingUser, float] | None = None
        """Who was found busy for longest, and since when."""
        self.begin_run(Recorder())

    def begin_run(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._numbers = 0
        self._left_behind_us = 0

    def __iter__(self) -> Iterator[LoadingUser]:
        return iter(self._here)

    def __len__(self) -> int:
        return len(self._here)

    def enter(self, user: LoadingUser) -> None:
        """It asks for arrivals from now on."""
        self._here.add(user)
        self._dispatcher.enter(user.at_own_pace)

    def leave(self, user: LoadingUser) -> None:
        """It asks for no more of them."""
        self._dispatcher.leave(user.greenlet, user.at_own_pace)

    def gone(self, user: LoadingUser) -> None:
        self._here.discard(user)
        if self._dispatcher.backlog and user.began_s >= self._dispatcher.opened_s:
            # Without the generator's own delay it would have taken some of that before it went.
            self._left_behind_us += int(user.behind_s * 1e6)
        self.close_ledger(user)

    def next_number(self) -> int:
        """For a user, unique in the run."""
        self._numbers += 1
        if self._numbers >= USERS_PER_PROCESS:
            raise OverflowError(f"{self._worker} has no number left for another user")
        return self._index() * USERS_PER_PROCESS + self._numbers

    def close_ledger(self, user: LoadingUser) -> None:
        """Notes which of the user's operations were acknowledged, and lets it begin anew."""
        self._recorder.ledger.close(
            LedgerEntry(user.position, user.number, user.keys, user.unacknowledged)
        )
        user.keys, user.unacknowledged = 0, []

    @property
    def have_begun(self) -> bool:
        """None of them still waits for what its operation needs."""
        return all(user.stage is None or user.has_begun for user in self._here)

    @property
    def kept_since_s(self) -> float | None:
        """One of them has been busy with its operation since then; None: all are free, or new."""
        if not self._is_still_kept():
            busy = [(user, user.began_s) for user in self._here if user.busy and user.began_s]
            self._kept = min(busy, key=itemgetter(1), default=None)
        return None if self._kept is None else self._kept[1]

    def _is_still_kept(self) -> bool:
        """Nobody can have begun before that. Thousands may come at once and ask."""
        if self._kept is None:
            return False
        user, began_s = self._kept
        return user in self._here and user.busy and user.began_s == began_s

    # --- what they have used ----------------------------------------------------------------

    def note_long_use(self) -> None:
        """A stage ends: users whose operation is of an earlier one were not free in all of it."""
        current, opened_s = self._recorder.current, self._dispatcher.opened_s
        if current is not None:
            length_us = int((perf_counter() - opened_s) * 1e6)
            for user in self._here:
                if user.stage not in (None, current):
                    current.other_use_us += length_us

    def note_behind(self, stage: StageRecord | None) -> None:
        """A stage has ended."""
        if stage is not None:
            stage.behind_us = self._behind_us(stage)
        self._left_behind_us = 0

    def _behind_us(self, stage: StageRecord) -> int:
        busy = (user for user in self._here if user.stage is stage)
        return self._left_behind_us + sum(int(user.behind_s * 1e6) for user in busy)

    def add_states(
        self, stage: StageRecord, copy: StageRecord, now_s: float, late_s: float
    ) -> None:
        """What those that are busy would add to the stage if they ended now. For as long as a
        report is late, replies may lie there, too."""
        is_current = stage is self._recorder.current
        if is_current:
            if not self._dispatcher.backlog:
                self._left_behind_us = 0
            copy.behind_us = self._behind_us(stage)
        for user in self._here:
            if user.stage is None:
                continue
            if user.stage is stage and not user.has_begun:
                copy.started -= 1
                copy.waiting += 1
            if user.stage is stage and not user.is_following:
                copy.not_ended(now_s - user.intended_s, user.behind_s + late_s)
            if is_current:
                since_s = max(user.intended_s, user.began_s, self._dispatcher.opened_s)
                copy.other_use_us += int(max(0.0, now_s - since_s - late_s) * 1e6)

    # --- their end --------------------------------------------------------------------------

    def end_busy(self) -> None:
        """Each that still waits for a reply counts its operation as censored."""
        busy = [user for user in self._here if user.busy]
        gevent.joinall([gevent.spawn(user.stop, True) for user in busy], timeout=5)

    def end_acting(self, within_s: float) -> None:
        """Those that may make requests when they are stopped."""
        acting = [user for user in self._here if user.at_own_pace]
        gevent.joinall([gevent.spawn(user.stop) for user in acting], timeout=within_s)
        until_s = perf_counter() + within_s
        while any(user in self._here for user in acting) and perf_counter() < until_s:
            gevent.sleep(0.01)

    def close_ledgers(self) -> None:
        for user in self._here:
            self.close_ledger(user)
