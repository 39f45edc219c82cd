"""python lying_worker.py PORT LIE: a worker that has the token, and reports what never happened."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import locust  # noqa: F401  # patches the standard library

import gevent  # isort: skip
import msgspec
import orjson
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message
from made_snapshot import snapshot

from jobload.lifecycle.port.introduction import introduction
from jobload.lifecycle.port.refusals import Refusals
from jobload.lifecycle.port.worker_token import demand_token
from jobload.measure.ledger import LedgerEntry
from jobload.measure.snapshot import Snapshot, StageReport, encode
from jobload.measure.stage_record import StageRecord

NAME = "liar"
MANY = 200_000
BYTES_A_SECOND = 50e6
"""More, and it is this process that keeps both cores busy."""
Change = Callable[[Snapshot, int], Snapshot]


def record(endpoints: int = 0, kinds: int = 0) -> StageRecord:
    made = StageRecord()
    for n in range(endpoints):
        made.endpoint(f"GET /{n}")
    if kinds:
        endpoint = made.endpoint("POST /")
        endpoint.errors.counts = {f"kind-{n}": 1 for n in range(kinds)}
    return made


def with_stages(*stages: tuple[tuple[int, int], StageRecord]) -> Change:
    packed = [StageReport(key, made) for key, made in stages]
    return lambda snapshot, _: msgspec.structs.replace(snapshot, stages=packed)


def with_ledger(*entries: LedgerEntry) -> Change:
    return lambda snapshot, _: msgspec.structs.replace(snapshot, final=True, ledger=list(entries))


def new_endpoint_each_time(snapshot: Snapshot, seq: int) -> Snapshot:
    return with_stages(((0, 0), record(endpoints=20 * seq)))(snapshot, seq)


def new_second_each_time(snapshot: Snapshot, seq: int) -> Snapshot:
    return msgspec.structs.replace(snapshot, second=seq * 1000)


def lies() -> dict[str, Callable[[], Change]]:
    return {
        "stages": lambda: with_stages(*(((n, 0), StageRecord()) for n in range(20_000))),
        "endpoints": lambda: new_endpoint_each_time,
        "many endpoints": lambda: with_stages(((0, 0), record(endpoints=MANY))),
        "kinds": lambda: with_stages(((0, 0), record(kinds=MANY))),
        "ledger entries": lambda: with_ledger(*(LedgerEntry(0, n, 1, []) for n in range(MANY))),
        "ledger keys": lambda: with_ledger(*(LedgerEntry(0, n, 20_000_000, []) for n in range(5))),
        "seconds": lambda: new_second_each_time,
        "reports": lambda: lambda snapshot, _: snapshot,
    }


def run_id_of(client: zmqrpc.Client) -> str:
    """As it stands in the plan that comes with the first users."""
    while True:
        message = client.recv()
        if message.type == "spawn":
            text = message.data["parsed_options"]["jobload_assignment"]
            return str(orjson.loads(text)["run_id"])


def honest(run_id: str, seq: int) -> Snapshot:
    return snapshot(run_id=run_id, worker=NAME, seq=seq, idle=True)


def reports(run_id: str, lie: Change) -> Iterator[bytes]:
    seq = 0
    while True:
        seq += 1
        yield encode(lie(honest(run_id, seq), seq))


def beat(client: zmqrpc.Client) -> None:
    beats = {"state": "ready", "current_cpu_usage": 1.0, "current_memory_usage": 1}
    while True:
        client.send(Message("heartbeat", beats, NAME))
        gevent.sleep(1)


def main(port: int, lie: str) -> None:
    change = lies()[lie]()  # before it comes: it takes seconds, and the run waits for its word
    demand_token(os.environ["JOBLOAD_TOKEN"], Refusals())
    client = zmqrpc.Client("127.0.0.1", port, NAME)
    client.send(Message("client_ready", introduction(), NAME))
    gevent.spawn(beat, client)
    run_id = run_id_of(client)
    for packed in reports(run_id, change):
        client.send(Message("jobload.snapshot", packed, NAME))
        gevent.sleep(max(0.01, len(packed) / BYTES_A_SECOND))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
