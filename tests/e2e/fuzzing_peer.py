"""python fuzzing_peer.py PORT SEED SECONDS: sends mutated messages of workers, with the token if
JOBLOAD_TOKEN has one, under names of its own, of which every other one introduces itself first."""

from __future__ import annotations

import os
import random
import sys
from contextlib import suppress
from time import monotonic
from typing import Any

import locust  # noqa: F401  # patches the standard library

import gevent  # isort: skip
import msgpack
import zmq.green as zmq
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message
from mutations import mutated_bytes, mutated_tree

from jobload.lifecycle.port.introduction import introduction
from jobload.lifecycle.port.refusals import Refusals
from jobload.lifecycle.port.worker_token import demand_token

SECONDS = {1_795_000_000: 3}
STATISTICS = {
    "name": "/",
    "method": "GET",
    "last_request_timestamp": 1.0,
    "start_time": 1.0,
    "num_requests": 3,
    "num_none_requests": 0,
    "num_failures": 0,
    "total_response_time": 3.0,
    "max_response_time": 2.0,
    "min_response_time": 1.0,
    "total_content_length": 3,
    "response_times": {1: 3},
    "num_reqs_per_sec": SECONDS,
    "num_fail_per_sec": SECONDS,
}
USERS = {"user_classes_count": {"JobSubmitter": 3}, "user_count": 3}
SNAPSHOT = {
    "run_id": "x",
    "worker": "x",
    "seq": 1,
    "second": 1,
    "obeyed": 1,
    "idle": False,
    "final": False,
    "users": 3,
    "in_flight": 0,
    "backlog": 0,
    "cpu_percent": 1.0,
    "pauses": [],
    "crashes": [],
    "stages": [],
    "ledger": [],
    "ledger_complete": True,
}
SOUND: list[Any] = [
    ["client_ready", introduction()],
    ["client_stopped", None],
    ["quit", None],
    ["spawning", None],
    ["spawning_complete", USERS],
    ["locustfile", {"version": "2.47.0"}],
    ["exception", {"msg": "no", "traceback": "  File"}],
    ["logs", {"worker_id": "x", "logs": ["a line"]}],
    ["heartbeat", {"state": "ready", "current_cpu_usage": 3.5, "current_memory_usage": 1}],
    ["stats", {"stats": [STATISTICS], "stats_total": STATISTICS, "errors": {}, **USERS}],
    ["jobload.snapshot", msgpack.packb(SNAPSHOT)],
    ["jobload.state", "{}"],
]


def send(peer: zmqrpc.Client, packed: bytes) -> None:
    """Unless it has been shut out."""
    with suppress(zmq.ZMQError):
        peer.socket.send(packed, zmq.NOBLOCK)


def main(port: int, seed: int, seconds: float) -> None:
    if token := os.environ.get("JOBLOAD_TOKEN"):
        demand_token(token, Refusals())
    chance, until_s, number = random.Random(seed), monotonic() + seconds, 0
    while monotonic() < until_s:
        number += 1
        name = f"fuzzer-{seed}-{number}"
        peer = zmqrpc.Client("127.0.0.1", port, name)
        peer.socket.setsockopt(zmq.LINGER, 500)
        if number % 2:
            send(peer, Message("client_ready", introduction(), name).serialize())
        for _ in range(200):
            packed = msgpack.packb(mutated_tree([*chance.choice(SOUND), name], chance))
            if chance.random() < 0.3:
                packed = mutated_bytes(packed, chance)
            send(peer, packed)
            gevent.sleep(0.002)
        # It goes in order, so that no run waits for a worker that never was one.
        if number % 2:
            send(peer, Message("quit", None, name).serialize())
        peer.close()
    print(number)


main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
