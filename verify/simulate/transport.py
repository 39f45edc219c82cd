"""The network between master and workers: ZeroMQ's sockets in memory, and what can befall them.

Locust's own `Server` and `Client` run on these sockets unchanged, so each message is written to
bytes and read back, and goes through jobload's guard of the workers' port. A link delivers in
order and loses nothing, as TCP does, until a `Trouble` says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import Any, Literal

import msgspec
import zmq.green
from gevent.queue import Queue
from locust.rpc import zmqrpc

from verify.simulate import virtual_loop
from verify.simulate.virtual_loop import Host, current_host

Ill = Literal["cut", "hold", "lose", "repeat", "reorder", "slow"]
Direction = Literal["up", "down", "both"]
CHATTER = ("heartbeat", "stats", "logs")
"""Messages of Locust's that a story is better without."""
_envelope = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw, str | None])


@dataclass(frozen=True, slots=True)
class Trouble:
    """On the link of one worker, or of all. `cut` loses everything, `hold` keeps it until the end,
    `slow` adds up to `extra_s`; the others befall each message with the probability `share`."""

    kind: Ill
    from_s: float
    until_s: float
    worker: str | None = None
    direction: Direction = "both"
    share: float = 1.0
    extra_s: float = 0.0

    def concerns(self, worker: str, direction: str, at_s: float) -> bool:
        return (
            self.from_s <= at_s < self.until_s
            and self.worker in (None, worker.removesuffix("_0"))  # as Locust calls its client
            and self.direction in ("both", direction)
        )

    @property
    def text(self) -> str:
        which = f"{self.worker}'s link" if self.worker else "all links"
        way = {"up": " to the master", "down": " from the master", "both": ""}[self.direction]
        share = f" {self.share:.0%} of messages" if self.share < 1 else ""
        return f"{which}{way}: {self.kind}{share} for {self.until_s - self.from_s:.2f} s"


class Socket:
    """One end of a link, and all of them at the master's."""

    def __init__(self, network: Network, kind: int) -> None:
        self.host = current_host()
        self.identity = b""
        self.network = network
        self.inbox: Queue[list[bytes]] = Queue()
        self._is_server = kind == zmq.green.ROUTER
        self._rest: list[bytes] = []

    def setsockopt(self, option: int, value: Any) -> None:
        if option == zmq.green.IDENTITY:
            self.identity = value

    def getsockopt(self, option: int) -> int:
        return int(option == zmq.green.RCVMORE and bool(self._rest))

    def bind(self, address: str) -> None:
        self.network.server = self

    def connect(self, address: str) -> None:
        self.network.clients[self.identity] = self

    def send(self, data: bytes, flags: int = 0) -> None:
        self.network.carry(self.identity.decode(), "up", data)

    def send_multipart(self, frames: Sequence[bytes]) -> None:
        self.network.carry(frames[0].decode(), "down", frames[1])

    def recv(self) -> bytes:
        if not self._rest:
            self._rest = list(self.inbox.get())
        return self._rest.pop(0)

    def recv_multipart(self) -> list[bytes]:
        return self.inbox.get()

    def close(self, linger: int | None = None) -> None:
        if self.network.clients.get(self.identity) is self:
            del self.network.clients[self.identity]


class Network:
    """`tell` notes what happens, for the story; `heard` is told of each message to a worker."""

    def __init__(
        self, draw: Random, troubles: Sequence[Trouble], tell: Callable[[str, str], None]
    ) -> None:
        self.server: Socket | None = None
        self.clients: dict[bytes, Socket] = {}
        self.heard: Callable[[str, str, bytes], None] = lambda worker, kind, data: None
        self.said: Callable[[str, str, bytes], None] = lambda worker, kind, data: None
        self._draw = draw
        self._troubles = troubles
        self._tell = tell
        self._last_s: dict[tuple[str, str], float] = {}
        self._base_s: dict[str, float] = {}

    def context(self) -> SimpleNamespace:
        """In place of `zmq.Context()`."""
        return SimpleNamespace(socket=lambda kind: Socket(self, kind))

    def carry(self, worker: str, direction: Literal["up", "down"], data: bytes) -> None:
        now_s = virtual_loop.loop.now_s
        kind = kind_of(data)
        if direction == "up":
            self.said(worker, kind, data)
        troubles = [t for t in self._troubles if t.concerns(worker, direction, now_s)]
        times, after_s, in_order = 1, self._usual_s(worker), True
        for trouble in troubles:
            happens = trouble.share >= 1.0 or self._draw.random() < trouble.share
            match trouble.kind:
                case "cut" | "lose" if happens:
                    times = 0
                case "hold":
                    after_s += trouble.until_s - now_s
                case "slow":
                    after_s += self._draw.uniform(0.0, trouble.extra_s)
                case "repeat" if happens:
                    times += 1
                case "reorder" if happens:
                    in_order = False
                    after_s += self._draw.uniform(0.0, trouble.extra_s)
        if kind not in CHATTER:
            self._note(worker, direction, kind, times, after_s)
        for again in range(times):
            self._deliver(worker, direction, data, after_s * (1 + again), in_order, kind)

    def _usual_s(self, worker: str) -> float:
        if worker not in self._base_s:
            self._base_s[worker] = self._draw.choice([0.0001, 0.0005, 0.002])
        return self._base_s[worker] * self._draw.uniform(1.0, 2.0)

    def _deliver(
        self,
        worker: str,
        direction: Literal["up", "down"],
        data: bytes,
        after_s: float,
        in_order: bool,
        kind: str,
    ) -> None:
        arrives_s = virtual_loop.loop.now_s + after_s
        if in_order:
            link = (worker, direction)
            arrives_s = self._last_s[link] = max(arrives_s, self._last_s.get(link, 0.0) + 1e-6)
        if direction == "up":
            receiver, frames = self.server, [worker.encode(), data]
        else:
            receiver, frames = self.clients.get(worker.encode()), [data]
        if receiver is None:
            return
        virtual_loop.loop.at(arrives_s, receiver.host, self._arrive, receiver, frames, worker, kind)

    def _arrive(self, receiver: Socket, frames: list[bytes], worker: str, kind: str) -> None:
        receiver.inbox.put(frames)
        if receiver is not self.server:
            self.heard(worker, kind, frames[0])

    def _note(self, worker: str, direction: str, kind: str, times: int, after_s: float) -> None:
        way = f"{worker} -> master" if direction == "up" else f"master -> {worker}"
        what = {0: "is lost", 1: f"takes {after_s * 1e3:.1f} ms"}.get(
            times, f"arrives {times} times"
        )
        self._tell("network", f"{way}: {kind} {what}")

    def gone(self, host: Host) -> None:
        """Nobody listens there any more; a peer does not notice."""
        for identity, socket in list(self.clients.items()):
            if socket.host is host:
                del self.clients[identity]


def kind_of(data: bytes) -> str:
    try:
        return _envelope.decode(data)[0]
    except msgspec.MsgspecError:
        return "unreadable"


def put_in_place(network: Network) -> None:
    """What Locust's `rpc` has of ZeroMQ is this network from now on."""
    shim: Any = SimpleNamespace(**{n: getattr(zmq.green, n) for n in dir(zmq.green)})
    shim.Context = network.context
    module: Any = zmqrpc
    module.zmq = shim
    module.has_dualstack_ipv6 = lambda: False
    module.BaseSocket.ipv4_only = lambda *_: True
