"""What a run takes in memory: of users, of endpoints, of a process, and of the master in an hour.

`python -m bench.memory` prints all of it as JSON; with `users N URL` it is the process of N users,
each of which has made a connection and sent a request.
"""

from __future__ import annotations

import gc
import json
import logging
import random
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass

from bench.child import ROOT, cores
from bench.recorder_memory import rss_mb
from bench.server import server

FEW, MANY = 1_000, 10_000
REQUESTS_PER_USER = 1.5
SECONDS = 8
ENDPOINTS = 500
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Memory:
    """In MB. `process` is one that makes load, before its first user."""

    process: float
    thousand_users: float
    ten_thousand_users: float
    endpoint: float
    master_hour: float


def memory() -> Memory:
    process_mb, few_mb = _users(FEW)
    _, many_mb = _users(MANY)
    return Memory(process_mb, few_mb, many_mb, _separately("endpoint"), _separately("master"))


def _users(count: int) -> tuple[float, float]:
    with server(cores()[0]) as (_, url):
        found = json.loads(_said("users", str(count), url))
    return found["process"], found["users"]


def _separately(what: str) -> float:
    """In a process of its own: what one has given back, another takes without growing."""
    return float(_said(what))


def _said(*arguments: str) -> str:
    command = [sys.executable, "-m", "bench.memory", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _of_users(count: int, url: str) -> str:
    from bench.jobload_generator import JobloadGenerator
    from bench.load import Load

    logging.disable(logging.WARNING)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    rate = REQUESTS_PER_USER * count / SECONDS
    load = Load(url, 1024, users=count, rate=rate, seconds=SECONDS)
    generator = JobloadGenerator(load)
    before_mb = rss_mb()
    generator.begin()
    generator.runner.start(count, count, wait=True)
    generator._rest(SECONDS)
    users_mb = rss_mb() - before_mb
    ended, failed = generator.ended()
    generator.end()
    generator.runner.quit()
    if failed or ended < count:
        sys.exit(f"{failed} of {ended} requests of {count} users failed")
    return json.dumps({"process": before_mb, "users": users_mb})


def _of_an_endpoint() -> float:
    """Half a minute of 100 requests a second on each: by then most buckets are in use."""
    from jobload.measure.recorder import Recorder

    stage = Recorder().enter((0, 0))
    before_mb = rss_mb()
    draw = random.Random(0).lognormvariate
    for number in range(ENDPOINTS):
        endpoint = stage.endpoint(f"GET /{number}")
        for _ in range(HOUR_S):
            us = int(draw(8.5, 0.5))
            endpoint.response_time.record(us + 300)
            endpoint.response_time_lower.record(us)
            endpoint.service_time.record(us)
    return (rss_mb() - before_mb) / ENDPOINTS


def _of_a_master() -> float:
    """One worker reports each second of an hour."""
    from bench.master_capacity import SimulatedWorker
    from jobload.measure.collector import Collector
    from jobload.measure.snapshot import encode

    collector, worker = Collector("bench"), SimulatedWorker(0)
    collector.enroll("0", 0.0)
    before_mb = 0.0
    for second in range(HOUR_S):
        worker.second()
        collector.receive("0", encode(worker.snapshot("0", second)), float(second))
        if not second:
            before_mb = rss_mb()
    return rss_mb() - before_mb


def main() -> None:
    gc.collect()
    match sys.argv[1:]:
        case ["users", count, url]:
            print(_of_users(int(count), url))
        case ["endpoint"]:
            print(_of_an_endpoint())
        case ["master"]:
            print(_of_a_master())
        case _:
            print(json.dumps(asdict(memory())))


if __name__ == "__main__":
    main()
