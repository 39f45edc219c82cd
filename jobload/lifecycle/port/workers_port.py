"""What reaches the workers' port can neither end nor stall nor fill the master.

Locust 2.47 reads it in one greenlet (`MasterRunner.client_listener`) that the first message of
another form ends for good: no worker is acknowledged again. Drop this when Locust mends it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import gevent
import zmq.green as zmq
from locust import runners
from locust.exception import RPCError
from locust.rpc import Message, zmqrpc
from locust.runners import STATE_MISSING, MasterRunner

from jobload.lifecycle.port.introduction import ADVICE, introduction
from jobload.lifecycle.port.missing_workers import forget_long_missing, never_start_anew
from jobload.lifecycle.port.refusals import Refusals
from jobload.lifecycle.port.worker_messages import (
    LARGEST_SNAPSHOT_BYTES,
    MEGABYTE,
    MOST_NAMES,
    MalformedMessageError,
    Unread,
    read_message,
)

LARGEST_FRAME_BYTES = LARGEST_SNAPSHOT_BYTES + MEGABYTE
MOST_WAITING = 8
"""Messages of one worker; further ones wait where they come from."""
HANDSHAKE_WITHIN_MS = 5_000
MOST_WORKERS = 1_000
MOST_INTRODUCED = 10_000
"""Workers that a master has met, those included that have gone."""
TURN_S = 0.01
"""So long may messages that wait already keep the rest of the process from its work."""
MOST_EXCEPTIONS = 200
LONGEST_MESSAGE = 1_000
LONGEST_TRACEBACK = 4_000
INTRODUCTION = "client_ready"
SPAWNED = ("spawning", "spawning_complete")
"""From a worker that was missing, whose users others have now, Locust 2.47 takes these for its
return (`MasterRunner.handle_message`), and gives it no users. Its next heartbeat brings both."""
WANTS_THE_LOCUSTFILE = "locustfile"
NO_LOCUSTFILE = (
    "jobload hands out no locustfile: a worker with -f - would run the code of whoever answers,"
    " before it has seen a token. Give each worker the project, and its locustfile.py with -f"
)


class WorkersPort:
    """`on_refused` is called for each message that was refused."""

    def __init__(self) -> None:
        self.refusals = Refusals()
        self.on_refused: Callable[[], None] = lambda: None
        self._introduced: set[str] = set()
        self._turn_ends_s = 0.0

    def guard(self) -> None:
        """To be called before Locust opens the port."""
        sockets: Any = zmqrpc.BaseSocket
        plain_init = sockets.__init__
        masters: Any = MasterRunner
        plain_handle = masters.handle_message

        def bounded(socket: Any, sock_type: int, ipv4_only: bool) -> None:
            plain_init(socket, sock_type, ipv4_only)
            vars(runners)["__version__"] = introduction()
            if sock_type == zmq.ROUTER:
                socket.socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_FRAME_BYTES)
                socket.socket.setsockopt(zmq.RCVHWM, MOST_WAITING)
                socket.socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_WITHIN_MS)

        def handle(runner: Any, client_id: str, msg: Message) -> None:
            try:
                self._handle(runner, plain_handle, client_id, msg)
            except MalformedMessageError as error:
                self._refuse(client_id, str(error))
            except Exception as error:
                self._refuse(client_id, f"{type(error).__name__} while it was handled: {error}")

        sockets.__init__ = bounded
        sockets.recv_from_client = lambda socket: self._receive(socket.socket)
        masters.handle_message = handle
        never_start_anew()

    def _receive(self, socket: Any) -> tuple[str, Message]:
        """The next message that is one."""
        while True:
            self._give_others_their_turn()
            try:
                frames = _frames(socket)
            except zmq.ZMQError as error:
                raise RPCError("ZMQ network broken") from error
            try:
                return read_message(frames)
            except MalformedMessageError as error:
                self._refuse(ascii(frames[0][:60]), str(error))

    def _give_others_their_turn(self) -> None:
        """A socket with messages returns them without letting anything else run."""
        if perf_counter() >= self._turn_ends_s:
            gevent.sleep(0)
            self._turn_ends_s = perf_counter() + TURN_S

    def _refuse(self, sender: str, why: str) -> None:
        self.refusals.note(f"Refused a message of {sender} on the workers' port: {why}.")
        self.on_refused()

    def _handle(
        self,
        runner: Any,
        plain: Callable[[Any, str, Message], None],
        client_id: str,
        msg: Message,
    ) -> None:
        if msg.type == WANTS_THE_LOCUSTFILE:
            runner.send_message(msg.type, client_id=client_id, data={"error": NO_LOCUSTFILE})
            return
        if msg.type == INTRODUCTION:
            if msg.data != introduction():
                theirs = str(msg.data)[: len(introduction())]
                why = f"it is of {theirs}, and this master of {introduction()}. {ADVICE}"
                # Whatever type of message a worker does not know, its Locust writes into its log.
                runner.send_message(f"refused; {why}", client_id=client_id)
                raise MalformedMessageError(why)
            self._introduce(runner, client_id)
        elif client_id not in self._introduced:
            # Locust adds up the statistics of anybody.
            raise MalformedMessageError("it is no worker of this master")
        if isinstance(msg.data, Unread):
            if msg.type not in runner.custom_messages:
                raise MalformedMessageError("no message has this type")
            msg = msg.data.read()
        elif msg.type == "stats":
            _refuse_endless_names(runner, msg.data)
        elif msg.type == "logs":
            msg.data["worker_id"] = client_id
        elif msg.type in SPAWNED and _is_missing(runner, client_id):
            return
        plain(runner, client_id, msg)

    def _introduce(self, runner: Any, client_id: str) -> None:
        """For good: between two runs Locust forgets each worker until it comes again."""
        known = client_id in self._introduced
        if not known and len(runner.clients) >= MOST_WORKERS:
            forget_long_missing(runner)
        if not known and (
            len(runner.clients) >= MOST_WORKERS or len(self._introduced) >= MOST_INTRODUCED
        ):
            raise MalformedMessageError("there are too many workers")
        self._introduced.add(client_id)


def _is_missing(runner: Any, client_id: str) -> bool:
    client = runner.clients.get(client_id)
    return client is not None and client.state == STATE_MISSING


def _frames(socket: Any) -> list[bytes]:
    """A message has two; of one that has more no more than that is kept."""
    frames = [socket.recv()]
    while socket.getsockopt(zmq.RCVMORE):
        frame = socket.recv()
        if len(frames) < 3:
            frames.append(frame)
    return frames


def _refuse_endless_names(runner: Any, report: Any) -> None:
    stats = runner.stats
    names = {(entry["name"], entry["method"]) for entry in report["stats"]}
    if len(names.union(stats.entries)) > MOST_NAMES:
        raise MalformedMessageError("its statistics have too many names of requests")
    if len({*report["errors"], *stats.errors}) > MOST_NAMES:
        raise MalformedMessageError("its statistics have too many errors")


def bound_exceptions(runner: Any) -> None:
    """Locust 2.47 keeps each traceback in full, and its page is sent all of them each time."""
    plain = runner.log_exception

    def bounded(node_id: str, msg: str, formatted_tb: str) -> None:
        msg, formatted_tb = msg[:LONGEST_MESSAGE], formatted_tb[-LONGEST_TRACEBACK:]
        if len(runner.exceptions) < MOST_EXCEPTIONS or hash(formatted_tb) in runner.exceptions:
            plain(node_id, msg, formatted_tb)

    runner.log_exception = bounded
