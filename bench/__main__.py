"""`python -m bench`: measures jobload against other load generators, in interleaved rounds."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.child import ROOT, bound_to, cores
from bench.compiled import COMPILED, kind_of_runs, whats_missing
from bench.external import go_reference
from bench.goals import Extras, goals
from bench.headline import headline
from bench.machine import machine
from bench.memory import memory
from bench.near_maximum import near_maximum
from bench.peers.catalogue import peers
from bench.rounds import OPEN_S, Plan, Round, one_round
from bench.server import server
from bench.start_up import start_up
from bench.summary import Spread
from bench.table import insert, markdown
from bench.two_cores import two_cores

HERE = Path(__file__).parent
DOCUMENT, PAGE = ROOT / "BENCHMARKS.md", ROOT / "docs/speed.md"
NEAR_ROUNDS = 3
EXTRAS = ("recorder_memory", "histogram_cost", "master_capacity", "own_request_cost")


def main() -> None:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through every `finally`
    facts = machine()
    server_core, core = cores()
    _say_what_is_missing(server_core == core)
    memory_mb, sample_us, workers, own_us = (_extra(name, core) for name in EXTRAS)
    taken = memory()
    print(f"memory: {taken}", flush=True)
    near, both = near_maximum(NEAR_ROUNDS), two_cores(NEAR_ROUNDS)
    once = memory_mb, sample_us, workers, own_us, *_start_up(), taken
    extras = Extras(*once, kind_of_runs(), near, both)
    rounds: list[Round] = []
    reference = go_reference()
    facts["reference_in_go"] = reference is not None
    if reference is None:
        print("no Go toolchain found: nothing is compared with the reference design")
    began_s = perf_counter()
    with server(server_core) as (kind, url):
        facts["server"] = kind
        compiled, open_s = kind_of_runs() == COMPILED, max(OPEN_S, options.seconds)
        plan = Plan(url, server_core, core, reference, compiled, options.seconds, open_s)
        for number in range(1, options.rounds + 1):
            rounds.append(one_round(plan, number))
            took_s = perf_counter() - began_s
            print(f"round {number} of {options.rounds} done, {took_s:.0f} s", flush=True)
    table = markdown(rounds, extras, facts, options.note)
    print(f"\n{table}")
    if not options.dry:
        _write(rounds, extras, facts, table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each closed measurement")
    parser.add_argument("--note", help="a line above the table, e.g. what disturbed the run")
    parser.add_argument("--dry", action="store_true", help="print the table, write nothing")
    return parser.parse_args()


def _say_what_is_missing(one_core: bool) -> None:
    if one_core:
        print("only one core: the server takes time from the generators, ratios are too low")
    for sentence in peers()[1]:
        print(sentence)
    if (missing := whats_missing()) is not None:
        print(f"jobload compiled is not measured: {missing}")


def _extra(name: str, core: int) -> float:
    command = [sys.executable, "-m", f"bench.{name}"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT, preexec_fn=bound_to(core)
    )
    print(f"{name}: {float(done.stdout):.3g}", flush=True)
    return float(done.stdout)


def _start_up() -> tuple[Spread, Spread, Spread]:
    found = start_up()
    print("start: " + ", ".join(f"{each.median:.2f} s" for each in found), flush=True)
    return found


def _write(rounds: list[Round], extras: Extras, facts: dict[str, Any], table: str) -> None:
    results = {
        "machine": facts,
        "extras": asdict(extras),
        "goals": [{**asdict(goal), "met": goal.is_met} for goal in goals(rounds, extras)],
        "rounds": [
            [{"generator": k[0], "load": k[1], **asdict(outcome)} for k, outcome in done.items()]
            for done in rounds
        ],
    }
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (HERE / "table.md").write_text(table)
    insert(table, DOCUMENT)
    insert(headline(rounds, facts), PAGE)
    where = os.path.relpath(HERE)
    print(f"written: {where}/results.json, table.md; the tables in BENCHMARKS.md and docs/speed.md")


if __name__ == "__main__":
    main()
