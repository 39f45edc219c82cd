"""CPU a request at 200/s against that of another tree, an earlier commit's say, in paired rounds.

`python -m bench.against_base FOLDER [ROUNDS]`, after `git worktree add FOLDER COMMIT`, prints each
round. Whole runs with all that goes on beside the requests; ours compiled if that is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from shutil import copyfile
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from bench.child import ROOT, bound_to, cores
from bench.compiled import COMPILED, FOLDER, environ, kind_of_runs
from bench.server import server
from bench.whole_run import held_plan

LOCUST = Path(sys.executable).with_name("locust")
USERS, RATE = 50, 200.0
WARM_UP_S, MEASURED_S, REST_S = 4.0, 6.0, 1
ROUNDS = 10


def against_base(base: Path, rounds: int = ROUNDS) -> list[tuple[float, float]]:
    """µs of CPU a request, the base's and ours, of each round."""
    ours = FOLDER if kind_of_runs() == COMPILED else ROOT
    server_core, core = cores()
    found = []
    with server(server_core) as (_, url):
        for number in range(rounds):
            trees = (base, ours) if number % 2 else (ours, base)
            us = {tree: _us_a_request(tree, url, core) for tree in trees}
            found.append((us[base], us[ours]))
            print(f"{us[base]:.1f} µs, {us[ours]:.1f} µs: {us[ours] / us[base]:.2f}", flush=True)
    return found


def _us_a_request(tree: Path, url: str, core: int) -> float:
    with TemporaryDirectory() as name:
        folder = Path(name)
        plan, locustfile = folder / "scenarios.yaml", folder / "locustfile.py"
        plan.write_text(json.dumps(held_plan(USERS, RATE, int(WARM_UP_S + MEASURED_S) + REST_S)))
        of = tree if tree != FOLDER else ROOT
        copyfile(of / "locustfile.py", locustfile)  # where it stands would come before PYTHONPATH
        given = ["--scenarios", str(plan), "--scenario", "held", "--results", str(folder / "r")]
        command = [str(LOCUST), "-f", str(locustfile), "--headless", "--host", url, *given]
        process = subprocess.Popen(
            command, cwd=folder, env=environ() | {"PYTHONPATH": str(tree)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=bound_to(core),
        )  # fmt: skip
        sleep(WARM_UP_S)
        began_s, cpu_ns = perf_counter(), _cpu_ns(process.pid)
        sleep(MEASURED_S)
        cpu_ns, took_s = _cpu_ns(process.pid) - cpu_ns, perf_counter() - began_s
        if code := process.wait():
            sys.exit(f"the run of {tree} ended with exit code {code}")
    return cpu_ns / 1000 / (RATE * took_s)


def _cpu_ns(process: int) -> int:
    """Of all its threads; `times` would have it in steps of 10 ms."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)


if __name__ == "__main__":
    found = against_base(Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:]))
    print(f"median: {median(ours / base for base, ours in found):.2f} x the base's")
