"""Both cores of the machine for the generator, and one of them for the server as well.

Nothing is bound but the server, so this is what generator and server do together on two cores; a
generator that gets by with one leaves the other to the server. A run of jobload is a whole one,
with its master, verdict and reports; its figure is the throughput of the stretch that is held.

`python -m bench.two_cores [ROUNDS]` prints each figure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.child import cores
from bench.compiled import SHOWN, kind_of_runs
from bench.load import Load
from bench.peers.catalogue import peers
from bench.peers.wrk import Wrk
from bench.server import server
from bench.whole_run import whole_run

ROUNDS = 3
USERS = 50
HOLD_S = 3
PROCESSES = (1, 2)

PerS = Callable[[Load, Path], float]


def two_cores(rounds: int = ROUNDS) -> list[dict[str, float]]:
    """Requests a second by who made them, of each round."""
    makers: dict[str, PerS] = {_called(count): partial(_jobload, count) for count in PROCESSES}
    makers |= {name: partial(_peer, name) for name in ("wrk", "k9") if name in peers()[0]}
    found = []
    with server(cores()[0]) as (_, url):
        load = Load(url, 1024, users=USERS, seconds=HOLD_S - 1)
        for _ in range(rounds):
            with TemporaryDirectory(prefix="jobload-bench-") as folder:
                found.append({name: make(load, Path(folder)) for name, make in makers.items()})
            print(f"two cores: {found[-1]}", flush=True)
    return found


def _called(processes: int) -> str:
    return f"{SHOWN[kind_of_runs()]}, {processes} process{'es' if processes > 1 else ''}"


def _jobload(processes: int, load: Load, folder: Path) -> float:
    more = ["--processes", str(processes)] if processes > 1 else []
    result = whole_run(folder, load.url, load.users, None, HOLD_S, cores(), more)
    return float(result["scenarios"][0]["stages"][-1]["throughput_rps"])


def _peer(name: str, load: Load, folder: Path) -> float:
    peer = peers()[0][name]
    if isinstance(peer, Wrk):
        peer = Wrk(peer.program, threads=2)
    return peer.measured(load, cores(), folder).checked(name).per_s


if __name__ == "__main__":
    two_cores(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
