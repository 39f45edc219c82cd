"""`python -m bench.outside_cost`: what it costs the load to be seen from outside.

In each round every way of being watched, working ones and broken ones, has one run of its own, in
an order that changes: a stage of each rate. Arrivals are as late as result.json says. What counts
is the difference to the run of the same round that nobody watched; a second run that nobody watched
shows what such a difference is worth.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

from bench.child import ROOT, cores
from bench.machine import machine
from bench.outside_table import ALONE, RATES, Round, Stages, markdown, read_lateness
from bench.server import server
from bench.start_up import JOBLOAD
from bench.table import insert

DOCUMENT = ROOT / "BENCHMARKS.md"
USERS = 50
SCRAPE_EVERY_S = 1.0
WITHIN_S = 120.0
AGAIN = f"{ALONE}, once more"
NO_FIGURE = {"cpu": {"query": "vector(50)", "unit": "%"}}


@dataclass(frozen=True, slots=True)
class Way:
    """Options of the run, what else scenarios.yaml has, and the port that is scraped meanwhile."""

    options: tuple[str, ...] = ()
    fields: Mapping[str, Any] | None = None
    scraped: int = 0


@contextmanager
def ways() -> Iterator[dict[str, Way]]:
    with ExitStack() as stack:
        port, refuses = _closed_port(), _closed_port()
        # The kernel takes the connections, and nobody ever answers.
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
        yield {
            ALONE: Way(),
            AGAIN: Way(),
            "`--metrics-port`, scraped each second": Way(("--metrics-port", f"{port}"), None, port),
            "`--otlp`, the port refuses": Way(("--otlp", f"http://127.0.0.1:{refuses}")),
            "`--otlp`, never an answer": Way(("--otlp", f"http://127.0.0.1:{silent}")),
            "`--trace 1%`": Way(("--trace", "1%")),
            "`observe:`, the port refuses": Way((), _observing(refuses)),
            "`observe:`, never an answer": Way((), _observing(silent)),
        }


def _observing(port: int) -> dict[str, Any]:
    return {"prometheus": f"http://127.0.0.1:{port}", "every": "1s", "queries": NO_FIGURE}


def one_round(watched: Mapping[str, Way], url: str, seconds: float, order: random.Random) -> Round:
    return {
        name: _run(watched[name], url, seconds) for name in order.sample([*watched], len(watched))
    }


def _run(way: Way, url: str, seconds: float) -> Stages:
    with TemporaryDirectory(prefix="jobload-bench-") as made:
        folder = Path(made)
        command = [JOBLOAD, "run", *_plan(folder, way, seconds), "--host", url, *way.options]
        command += ["--results", str(folder / "results")]
        within_s = WITHIN_S + len(RATES) * seconds
        own = {n: v for n, v in os.environ.items() if not n.startswith(("LOCUST_", "JOBLOAD_"))}
        with _scraping(way.scraped):
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=within_s, env=own, check=False
            )
        try:
            (file,) = (folder / "results").glob("[0-9]*/result.json")
            return read_lateness(json.loads(file.read_text()))
        except ValueError:
            sys.exit(f"{' '.join(command)} came to nothing: {done.stdout}{done.stderr}")


def _plan(folder: Path, way: Way, seconds: float) -> list[str]:
    warm_up = {"name": "warm-up", "duration": "1s", "rate": RATES[0], "judged": False}
    rates = [{"name": f"{rate}", "duration": f"{seconds:g}s", "rate": rate} for rate in RATES]
    stages = [stage | {"users": USERS} for stage in (warm_up, *rates)]
    plan: dict[str, Any] = {"scenarios": {"watched": {"shape": "staged", "stages": stages}}}
    if way.fields is not None:
        plan["observe"] = way.fields
    files = {"scenarios": plan, "thresholds": {"scenarios": {}}}
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(content))
    given = (text for name in files for text in (f"--{name}", str(folder / f"{name}.yaml")))
    return [*given, "--scenario", "watched"]


@contextmanager
def _scraping(port: int) -> Iterator[None]:
    over = Event()
    thread = Thread(target=_scrape, args=(port, over))
    if port:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if port:
            thread.join()


def _scrape(port: int, over: Event) -> None:
    while not over.wait(SCRAPE_EVERY_S):
        with suppress(OSError):  # before the run, or after it
            urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read()


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.outside_cost", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each rate")
    parser.add_argument("--dry", action="store_true", help="print the table, write nothing")
    options = parser.parse_args()
    facts = machine()
    rounds: list[Round] = []
    with server(cores()[0]) as (facts["server"], url), ways() as watched:
        for number in range(1, options.rounds + 1):
            done = one_round(watched, url, options.seconds, random.Random(number))
            rounds.append({name: done[name] for name in watched})
            print(f"round {number} of {options.rounds} done", flush=True)
    table = markdown(rounds, facts)
    print(f"\n{table}")
    if not options.dry:
        insert(table, DOCUMENT, "outside")


if __name__ == "__main__":
    main()
