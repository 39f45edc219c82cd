"""Hands each arrival to a free user at its intended start.

One per process. An alarm in the event loop takes the arrivals that are due and switches straight to
users that wait; when none waits they queue up, and a user that finishes takes the oldest. Nothing
here yields in between, so an arrival is always in exactly one place: due, queued or started.
Of seven ways that were measured, this one costs least CPU at every rate.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from time import perf_counter
from typing import Any

from gevent import getcurrent
from gevent.hub import get_hub

from jobload.load.pacing.alarm import EXACT_UP_TO, Alarm, LoopAlarm, exact_alarm
from jobload.load.pacing.arrivals import NEVER, Arrivals
from jobload.measure.duration_counts import MOST_DIFFERENT
from jobload.measure.stage_record import StageRecord

STOOD_STILL_US = 2_000
"""An arrival that the process noticed only so much after its time."""
MOST_GROUPS = 2_000


class Dispatcher:
    """Between `open` and `close` users get arrivals; else they wait.

    `open`, `close`, `pause` and `resume` are to be called through `soon`, in the event loop itself,
    because they switch to waiting users. `users` counts those that ask for arrivals: the rate
    follows it.
    """

    def __init__(self) -> None:
        self._hub = get_hub()
        self._exact = exact_alarm(self._hub.loop, self._on_alarm)
        self._coarse = LoopAlarm(self._hub.loop, self._on_alarm, perf_counter)
        self._alarm: Alarm = self._coarse
        self._waiting: deque[Any] = deque()
        self._backlog: deque[tuple[float, int, bool]] = deque()
        """Intended starts, each with the µs until it was noticed, and whether a user was free."""
        self._counted_s = perf_counter()
        self._arrivals: Arrivals | None = None
        self._rate_per_user: float | None = None
        self._open = False
        self._paused = False
        self.users = 0
        self._offered = self._started = 0
        self._lateness_us: dict[int, int] = {}
        """Of the stage, since `count`."""
        self._at_own_pace = 0
        self.stage: StageRecord = StageRecord()
        self.zero_s = perf_counter()
        """When the run began."""
        self.opened_s = self.zero_s
        """When the stage did."""
        self.stood_still_s = 0.0
        """So late, if it was too late to know whether a user was free in time, the process noticed
        the arrival that `take` gave last."""

    @property
    def has_rate(self) -> bool:
        return self._rate_per_user is not None

    @property
    def backlog(self) -> int:
        return len(self._backlog)

    def waits(self) -> Iterator[tuple[float, int]]:
        """(intended start, how many) of the arrivals that wait, the oldest first; very many of them
        in groups, each with the start of its youngest."""
        count = len(self._backlog)
        size = 1 + count // MOST_GROUPS
        for intended_s, _, _ in islice(self._backlog, size - 1, None, size):
            yield intended_s, size
        if count % size:
            yield self._backlog[-1][0], count % size

    def count_users(self) -> None:
        """Adds the time that users were there since the last call, and got what a rate plans."""
        now_s = perf_counter()
        if self._open and not (self._paused and self.has_rate):
            asking = self.users - (0 if self.has_rate else self._at_own_pace)
            self.stage.user_us += int((now_s - self._counted_s) * asking * 1e6)
        self._counted_s = now_s

    def count(self) -> None:
        """To the record of the stage: each by itself would cost more than the rest of it."""
        self.stage.offered += self._offered
        self.stage.started += self._started
        self._offered = self._started = 0
        if self._lateness_us:
            self.stage.handed_over(self._lateness_us)
            self._lateness_us = {}

    def soon(self, action: Callable[..., None], *arguments: object) -> None:
        self._hub.loop.run_callback(action, *arguments)

    def open(self, stage: StageRecord, rate_per_user: float | None, arrivals: Arrivals) -> None:
        """Begins a stage; what was left of the one before is missed. No rate: a closed model."""
        now_s = perf_counter()
        self._close(now_s)
        self.count()
        self.stage = stage
        self._arrivals = arrivals
        self._rate_per_user = rate_per_user
        self._open = True
        self._counted_s = self.opened_s = now_s
        self._follow_users(now_s)
        if rate_per_user is None:
            self._wake_all()

    def close(self) -> None:
        """Ends the stage: whoever waits takes what is due, the rest is missed."""
        self._close(perf_counter())

    def _close(self, now_s: float) -> None:
        if not self._open:
            return
        if self._rate_per_user is not None:
            # First the plan ends, then what is due is handed over, which may take a while.
            self._rate_per_user = 0.0
            self._follow_users(now_s)
            self._hand_over()
        self.count_users()
        self._open = False
        self._alarm.stop()
        self._miss(now_s)

    def _miss(self, now_s: float) -> None:
        self.stage.missed += len(self._backlog)
        self.note_waits(self.stage, now_s)
        self._backlog.clear()

    def note_waits(self, stage: StageRecord, now_s: float) -> None:
        """How long the arrivals that wait have waited, and for when they were planned."""
        for intended_s, count in self.waits():
            stage.not_ended(now_s - intended_s, count=count)
            second = max(0, int(intended_s - self.zero_s))
            stage.unstarted[second] = stage.unstarted.get(second, 0) + count

    def pause(self) -> None:
        """Starts nothing new and plans nothing, until `resume`."""
        if not self._paused:
            self._hand_over()
            self.count_users()
            self._paused = True
            self._follow_users(perf_counter())

    def resume(self) -> None:
        if self._paused:
            self.count_users()
            self._paused = False
            self._follow_users(perf_counter())
            self._hand_over()
            if self._open and self._rate_per_user is None:
                self._wake_all()

    def enter(self, at_own_pace: bool = False) -> None:
        """One more user asks for arrivals; without a rate, one at its own pace is never idle."""
        self.count_users()
        self.users += 1
        self._at_own_pace += at_own_pace
        self._follow_users(perf_counter())

    def leave(self, user: object, at_own_pace: bool = False) -> None:
        """One fewer. `user` is its greenlet: if it waits, it is given nothing from now on."""
        with suppress(ValueError):
            self._waiting.remove(user)
        self.count_users()
        self.users -= 1
        self._at_own_pace -= at_own_pace
        self._follow_users(perf_counter())

    def take(self) -> float:
        """The intended start of an arrival that the calling user must start now."""
        while True:
            if self._open and not self._paused:
                if self._rate_per_user is None:
                    self._offered += 1
                    self._started += 1
                    return perf_counter()
                if (intended_s := self._take_queued()) is not None:
                    return intended_s
            if (handed := self._wait()) is not None:
                self.stood_still_s = 0.0
                return handed

    def _take_queued(self) -> float | None:
        assert self._arrivals is not None
        if self._arrivals.due_s <= (now_s := perf_counter()):
            self._queue_due(now_s)
        if not self._backlog:
            return None
        intended_s, noticed_us, was_free = self._backlog.popleft()
        self._started += 1
        self.stood_still_s = noticed_us / 1e6 if noticed_us > STOOD_STILL_US else 0.0
        if was_free:
            # The generator was late by so much; what came on top is for want of a free user.
            self._note_lateness(noticed_us)
        return intended_s

    def _note_lateness(self, us: int) -> None:
        counts = self._lateness_us
        counts[us] = counts.get(us, 0) + 1
        if len(counts) >= MOST_DIFFERENT:
            self.count()

    def _wait(self) -> float | None:
        me = getcurrent()
        self._waiting.append(me)
        try:
            handed: float | None = self._hub.switch()
        except BaseException:
            with suppress(ValueError):
                self._waiting.remove(me)
            raise
        return handed

    def _queue_due(self, now_s: float) -> None:
        assert self._arrivals is not None
        arrivals, was_free = self._arrivals, bool(self._waiting)
        while arrivals.due_s <= now_s:
            intended_s = arrivals.take()
            self._backlog.append((intended_s, int((now_s - intended_s) * 1e6), was_free))
            self._offered += 1

    def _hand_over(self) -> None:
        if not self._open or self._paused or self._rate_per_user is None:
            return
        self._queue_due(perf_counter())
        backlog, waiting = self._backlog, self._waiting
        while backlog and waiting:
            user = waiting.popleft()
            intended_s, _, was_free = backlog.popleft()
            self._started += 1
            if was_free:
                self._note_lateness(int((perf_counter() - intended_s) * 1e6))
            user.switch(intended_s)

    def _on_alarm(self) -> None:
        self._hand_over()
        self._set_alarm()

    def _set_alarm(self) -> None:
        arrivals = self._arrivals
        if not self._open or self._paused or arrivals is None:
            self._alarm.stop()
            return
        alarm = self._exact if arrivals.rate <= EXACT_UP_TO else self._coarse
        if alarm is not self._alarm:
            self._alarm.stop()
            self._alarm = alarm
        if self._backlog and self._waiting:
            alarm.set(perf_counter())
        elif arrivals.due_s != NEVER:
            alarm.set(arrivals.due_s)
        else:
            alarm.stop()

    def _follow_users(self, now_s: float) -> None:
        if self._arrivals is None or not self._open or self._rate_per_user is None:
            return
        self._queue_due(now_s)
        rate = 0.0 if self._paused else self._rate_per_user * self.users
        self._arrivals.set_rate(rate, now_s)
        self._set_alarm()

    def _wake_all(self) -> None:
        for _ in range(len(self._waiting)):
            if self._waiting:  # those before it may have taken it out
                self._waiting.popleft().switch(None)
