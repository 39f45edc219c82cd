"""Messages of workers, mutated: each is read or refused, and nothing else ever happens."""

from __future__ import annotations

import random
from time import process_time
from typing import Any

import msgpack
import pytest
from made_snapshot import snapshot
from mutations import mutated_bytes, mutated_tree, seeds, story
from test_worker_messages import NAME, read_wholly, report

from jobload.lifecycle.port.worker_messages import MalformedMessageError
from jobload.measure.bounds import Bounds
from jobload.measure.collector import Collector
from jobload.measure.ledger import LedgerEntry
from jobload.measure.snapshot import Snapshot, StageReport, encode
from jobload.measure.stage_record import StageRecord

pytestmark = pytest.mark.slow

HEARTBEAT = {"state": "running", "current_cpu_usage": 3.5, "current_memory_usage": 1234}
KEYS = [(0, 0), (0, 1)]


def sound_messages() -> list[Any]:
    spawned = {"user_classes_count": {"A": 3}, "user_count": 3}
    return [
        ["client_ready", "2.47.0", NAME],
        ["heartbeat", HEARTBEAT, NAME],
        ["spawning_complete", spawned, NAME],
        ["exception", {"msg": "no", "traceback": "  File"}, NAME],
        ["logs", {"worker_id": NAME, "logs": ["a line"]}, NAME],
        ["stats", report(), NAME],
        ["jobload.snapshot", encode(sound_snapshot()), NAME],
        ["custom", {"any": [1, {"__datetime__": True, "as_str": "20260101T00:00:00.0"}]}, NAME],
    ]


def sound_snapshot() -> Snapshot:
    record = StageRecord(offered=9, started=9, ended_good=8, ended_bad=1, wall_s=1.0)
    endpoint = record.endpoint("POST /")
    endpoint.started = endpoint.attempts = 9
    endpoint.succeeded, endpoint.failed = 8, 1
    endpoint.errors.add("http-500", "an example")
    for us in (800, 900, 1000, 1100, 5000, 70_000, 80_000, 900_000):
        endpoint.response_time.record(us)
        endpoint.service_time.record(us // 2)
        record.lateness.record(us // 100)
        record.loop_lag.record(us // 200)
    return snapshot(
        worker=NAME,
        second=1,
        obeyed=1,
        final=True,
        users=3,
        pauses=["no word"],
        crashes=["a crash"],
        stages=[StageReport(key, record) for key in KEYS],
        ledger=[LedgerEntry(0, 1, 9, [3])],
    )


def test_whatever_comes_in_is_read_or_refused(fuzz_s: float) -> None:
    sound = sound_messages()
    outcomes = {True: 0, False: 0}

    def act(chance: random.Random) -> None:
        message = chance.choice(sound)
        packed = msgpack.packb(mutated_tree(message, chance))
        if chance.random() < 0.5:
            packed = mutated_bytes(packed, chance)
        try:
            read_wholly([NAME.encode(), packed])
            outcomes[True] += 1
        except MalformedMessageError:
            outcomes[False] += 1

    for seed in seeds(120_000, fuzz_s):
        story(seed, act)
    assert min(outcomes.values()) > 100, outcomes


def test_whatever_a_snapshot_says_is_taken_or_refused_and_can_be_summed(fuzz_s: float) -> None:
    wire = encode(sound_snapshot())
    tree = msgpack.unpackb(wire, strict_map_key=False)
    outcomes: dict[str, int] = {}

    def act(chance: random.Random) -> None:
        run = Collector("run", Bounds(dict.fromkeys(KEYS, (0.0, 5.0))))
        run.enroll(NAME, 0.0)
        changed = tree if chance.random() < 0.3 else mutated_tree(tree, chance)
        packed = msgpack.packb(changed)
        if changed is tree or chance.random() < 0.2:
            packed = mutated_bytes(packed, chance)
        began_s = process_time()
        run.receive(NAME, packed, 6.0)
        for key in KEYS:
            run.stage(key).overall().response_time.percentiles_us([50, 99])
            run.series.window(key, 0, 20)
        assert process_time() - began_s < 1.0
        outcome = next(iter(run.dropped), "taken")
        outcomes[outcome] = outcomes.get(outcome, 0) + 1

    for seed in seeds(20_000, fuzz_s):
        story(seed, act)
    assert min(outcomes.get(each, 0) for each in ("taken", "malformed", "impossible")) > 20, (
        outcomes
    )
