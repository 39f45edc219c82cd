"""Virtual time: gevent's event loop without waiting, and clocks that show what it says.

Everything in the process runs as it would, only that nothing takes any time: when nobody has
anything to do, the clock moves to the next timer. Timers and callbacks belong to the host whose
greenlet asked for them, and so do all greenlets (`spawn_tree_locals`, which gevent hands on); a
host that stands still comes to them when it goes on, and one that is dead never does.

`take_over_time` comes before locust or jobload is imported, since modules keep the clock that they
were given.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, cast

import gevent.hub
from gevent import getcurrent

real_clock = time.perf_counter
LATENCY_S = 1e-9
"""No timer is that exact; and rounding must not let one ring before its time, again and again."""
MOST_EVENTS = 4_000_000
NEVER = float("inf")


class Host:
    """What a machine has of its own: its clocks, and whether it runs. `now_s` is everybody's time,
    which nobody can see; a clock shows `origin_s` at its beginning and is fast by `drift`."""

    def __init__(
        self, name: str, origin_s: float = 0.0, drift: float = 0.0, process: int = 0
    ) -> None:
        self.name = name
        self.process = process
        """Its number: the machine may come again under its old name."""
        self.locals = {"host": self}
        self.origin_s = origin_s
        self.rate = 1.0 + drift
        self.wall_origin_s = 1_790_000_000.0
        self.wall_steps: list[tuple[float, float]] = []
        """(when, by how much)"""
        self.cpu_s = 0.0
        self.still_until_s = 0.0
        self.is_dead = False
        self.signals: dict[int, list[Signal]] = {}

    def monotonic_s(self) -> float:
        return self.origin_s + loop.now_s * self.rate

    def wall_s(self, at_s: float | None = None) -> float:
        """What its clock on the wall shows, or showed."""
        at_s = loop.now_s if at_s is None else at_s
        stepped_s = sum(by_s for when_s, by_s in self.wall_steps if when_s <= at_s)
        return self.wall_origin_s + at_s * self.rate + stepped_s


NOBODY = Host("nobody")


def current_host() -> Host:
    greenlet: Any = getcurrent()
    try:
        host: Host = greenlet.spawn_tree_locals["host"]
    except (AttributeError, KeyError, TypeError):
        return NOBODY
    return host


class Timer:
    """Of gevent's interface, as are `Callback` and `Signal`."""

    __slots__ = ("_after_s", "_arguments", "_callback", "_loop", "_repeat_s", "_turn", "host")

    def __init__(self, loop: VirtualLoop, after_s: float, repeat_s: float) -> None:
        self.host = current_host()
        self._loop = loop
        self._after_s = after_s
        self._repeat_s = repeat_s
        self._turn = 0
        self._callback: Callable[..., object] | None = None
        self._arguments: tuple[object, ...] = ()

    def start(
        self, callback: Callable[..., object], *arguments: object, update: bool = False
    ) -> None:
        self._begin(self._after_s, callback, arguments)

    def again(
        self, callback: Callable[..., object], *arguments: object, update: bool = False
    ) -> None:
        self._begin(self._repeat_s, callback, arguments)

    def _begin(
        self, after_s: float, callback: Callable[..., object], arguments: tuple[object, ...]
    ) -> None:
        self._callback, self._arguments = callback, arguments
        self._turn += 1
        due_s = self._loop.now_s + max(after_s, 0.0) / self.host.rate + LATENCY_S
        self._loop.schedule(due_s, self, self._turn)

    def stop(self) -> None:
        self._callback, self._arguments = None, ()
        self._turn += 1

    close = stop

    @property
    def active(self) -> bool:
        return self._callback is not None

    pending = False

    def fire(self, due_s: float, turn: int) -> None:
        callback, arguments = self._callback, self._arguments
        if turn != self._turn or callback is None:
            return
        if self._repeat_s:
            # As libev does it: at fixed times, unless those have passed.
            self._turn += 1
            next_s = max(due_s + self._repeat_s / self.host.rate, self._loop.now_s)
            self._loop.schedule(next_s, self, self._turn)
        else:
            self._callback = None
        callback(*arguments)

    def __enter__(self) -> Timer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Callback:
    __slots__ = ("args", "callback", "host")

    def __init__(
        self, host: Host, callback: Callable[..., object], arguments: tuple[object, ...]
    ) -> None:
        self.host = host
        self.callback: Callable[..., object] | None = callback
        self.args: tuple[object, ...] | None = arguments

    def stop(self) -> None:
        self.callback = self.args = None

    close = stop

    def __bool__(self) -> bool:
        return self.args is not None

    @property
    def pending(self) -> bool:
        return self.callback is not None


class Signal:
    ref = False

    def __init__(self, number: int) -> None:
        self.action: Callable[[], object] | None = None
        current_host().signals.setdefault(number, []).append(self)

    def start(self, action: Callable[[], object]) -> None:
        self.action = action

    def stop(self) -> None:
        self.action = None

    close = stop


class SpinsError(Exception):
    """Something happens again and again at the same instant."""


class VirtualLoop:
    """In place of gevent's. What has no place in a simulation, such as descriptors, it lacks."""

    default = True
    error_handler: Any = None
    approx_timer_resolution = 0.0
    min_sleep_time = 0.0

    def __init__(self) -> None:
        self.now_s = 0.0
        self.events = 0
        self._callbacks: deque[Callback] = deque()
        self._timers: list[tuple[float, int, Timer, int, float]] = []
        self._order = 0

    # What gevent asks for.

    def timer(
        self, after: float, repeat: float = 0.0, ref: bool = True, priority: Any = 0
    ) -> Timer:
        return Timer(self, after, repeat)

    def run_callback(self, action: Callable[..., object], *arguments: object) -> Callback:
        callback = Callback(current_host(), action, arguments)
        self._callbacks.append(callback)
        return callback

    run_callback_threadsafe = run_callback

    def signal(self, number: int, ref: bool = True) -> Signal:
        return Signal(number)

    def now(self) -> float:
        return self.now_s

    def update_now(self) -> None:
        pass

    def handle_error(self, context: object, kind: Any, value: Any, trace: Any) -> None:
        self.error_handler.handle_error(context, kind, value, trace)

    def run(self, nowait: bool = False, once: bool = False) -> None:
        while self._turn():
            pass

    # What a simulation asks for.

    def schedule(
        self, due_s: float, timer: Timer, turn: int, was_due_s: float | None = None
    ) -> None:
        self._order += 1
        first_due_s = due_s if was_due_s is None else was_due_s
        heappush(self._timers, (due_s, self._order, timer, turn, first_due_s))

    def at(
        self, instant_s: float, host: Host, action: Callable[..., object], *args: object
    ) -> None:
        """Something that happens to a host from outside, when it runs again if it stands still. The
        instant is everybody's, however fast the host's own clock is."""
        timer = Timer(self, (instant_s - self.now_s) * host.rate, 0.0)
        timer.host = host
        timer.start(action, *args)

    def _turn(self) -> bool:
        """The next thing that happens; False when nothing is left."""
        self.events += 1
        if self.events > MOST_EVENTS:
            raise SpinsError(f"{MOST_EVENTS:,} events by second {self.now_s:.1f}")
        if self._callbacks:
            callback = self._callbacks.popleft()
            if callback.callback is not None and not callback.host.is_dead:
                action, arguments = callback.callback, callback.args or ()
                callback.stop()
                self._do(callback.host, action, arguments)
            return True
        if not self._timers:
            return False
        due_s, _, timer, turn, was_due_s = heappop(self._timers)
        host = timer.host
        if host.is_dead or turn != timer._turn:
            return True
        if host.still_until_s > due_s:
            self.schedule(host.still_until_s, timer, turn, was_due_s)
            return True
        self.now_s = max(self.now_s, due_s)
        self._do(host, timer.fire, (was_due_s, turn))
        return True

    def _do(self, host: Host, action: Callable[..., object], arguments: tuple[object, ...]) -> None:
        hub.spawn_tree_locals = host.locals
        try:
            action(*arguments)
        except BaseException:
            self.handle_error(None, *sys.exc_info())


class VirtualHub(gevent.hub.Hub):
    """`on_error` is told of each greenlet and callback that ends with an exception."""

    spawn_tree_locals: dict[str, Host] = NOBODY.locals

    def on_error(self, host: Host, context: object, error: BaseException, trace: Any) -> None:
        raise NotImplementedError

    def handle_error(self, context: object, type: Any, value: Any, tb: Any) -> None:  # noqa: A002  # gevent's names
        if type is SpinsError:
            main: Any = self.parent
            main.throw(type, value, tb)
        if type is not None and not issubclass(type, gevent.GreenletExit):
            self.on_error(current_host(), context, value, tb)


loop: VirtualLoop
hub: VirtualHub


def take_over_time() -> None:
    """From here on, this process knows no other time than the loop's."""
    global loop, hub
    loop = VirtualLoop()
    hub = VirtualHub(loop=cast(Any, loop))
    gevent.hub.set_hub(hub)  # type: ignore[attr-defined]  # its stubs lack it
    time.perf_counter = time.monotonic = lambda: current_host().monotonic_s()
    time.perf_counter_ns = time.monotonic_ns = lambda: int(current_host().monotonic_s() * 1e9)
    time.time = lambda: current_host().wall_s()
    time.time_ns = lambda: int(current_host().wall_s() * 1e9)
    time.process_time = lambda: current_host().cpu_s
