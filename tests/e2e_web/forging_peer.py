"""python forging_peer.py PORT SECONDS: a peer of the workers' port that no master has invited.

It reports statistics and snapshots in its own name and, once it has heard of one, in a worker's.
"""

from __future__ import annotations

import sys
from time import monotonic

import locust  # noqa: F401  # patches the standard library

import gevent  # isort: skip
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message

TOTAL: dict[str, object] = {
    "name": "Aggregated",
    "method": "",
    "last_request_timestamp": 1e9,
    "start_time": 1e9,
    "num_requests": 100_000,
    "num_none_requests": 0,
    "num_failures": 0,
    "total_response_time": 1.0,
    "max_response_time": 1.0,
    "min_response_time": 1.0,
    "total_content_length": 0,
    "response_times": {1: 100_000},
    "num_reqs_per_sec": {},
    "num_fail_per_sec": {},
}
STATISTICS = {
    "stats": [{**TOTAL, "name": "forged", "method": "POST"}],
    "stats_total": TOTAL,
    "errors": {},
    "user_classes_count": {},
    "user_count": 0,
}


def main(port: int, seconds: float, worker: str) -> None:
    peer = zmqrpc.Client("127.0.0.1", port, "forger")
    until_s = monotonic() + seconds
    while monotonic() < until_s:
        for name in ("forger", worker):
            peer.send(Message("stats", STATISTICS, name))
            peer.send(Message("jobload.snapshot", b"\x81\xa6run_id", name))
            peer.send(Message("quit", None, name))
        gevent.sleep(0.5)
    print("sent")


main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
