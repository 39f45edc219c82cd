"""A whole run near the maximum: whether it is valid, and what it says of the target.

The most that this machine sends in the open model is found first, by asking for more; it is less
than in a closed one, where nothing has to be on time. A run at a share of it follows, with verdict
and reports as anybody has them, both compiled if that is there.
The target answers at once, so the lower response time must be next to nothing, however late the
generator may be. Rounds that the machine disturbed count as well.

`python -m bench.near_maximum [ROUNDS]` prints each run.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.child import cores
from bench.compiled import kind_of_runs
from bench.external import of_locust
from bench.load import Load
from bench.server import server
from bench.summary import Spread
from bench.whole_run import whole_run

SHARES = (0.6, 0.9)
ROUNDS = 5
USERS = 100
MAXIMUM_S = 2.0
MORE_THAN_IT_CAN = 2.0
HOLD_S = 8


@dataclass(frozen=True, slots=True)
class NearMaximum:
    share: float
    rate: float
    verdict: str
    reason: str
    lower_p99_ms: float
    upper_p99_ms: float

    @property
    def is_valid(self) -> bool:
        return self.verdict != "INVALID"


def near_maximum(rounds: int = ROUNDS) -> list[NearMaximum]:
    server_core, core = cores()
    found = []
    with server(server_core) as (_, url):
        for _ in range(rounds):
            for share in SHARES:
                found.append(_run(url, core, share, share * _maximum(url, core)))
                print(found[-1], flush=True)
    return found


def lower_p99_ms(found: list[NearMaximum], share: float) -> Spread | None:
    return Spread.of([each.lower_p99_ms for each in found if each.share == share])


def arrivals_per_s(found: list[NearMaximum], share: float) -> Spread | None:
    return Spread.of([each.rate for each in found if each.share == share])


def valid_percent(found: list[NearMaximum], share: float) -> float:
    of_share = [each.is_valid for each in found if each.share == share]
    return 100.0 * sum(of_share) / len(of_share)


def _maximum(url: str, core: int) -> float:
    closed = _per_s(Load(url, 1024, users=USERS, seconds=MAXIMUM_S), core)
    asked = MORE_THAN_IT_CAN * closed
    return _per_s(Load(url, 1024, users=USERS, rate=asked, seconds=MAXIMUM_S), core)


def _per_s(load: Load, core: int) -> float:
    with of_locust(kind_of_runs(), core) as run:
        return run(load).checked("the maximum").per_s


def _run(url: str, core: int, share: float, rate: float) -> NearMaximum:
    with TemporaryDirectory(prefix="jobload-bench-") as folder:
        result = whole_run(Path(folder), url, USERS, rate, HOLD_S, [core])
        return _read(result, share, rate)


def _read(result: Any, share: float, rate: float) -> NearMaximum:
    hold = result["scenarios"][0]["stages"][-1]
    return NearMaximum(
        share,
        rate,
        result["status"],
        "; ".join(f"{v['id']}: {v['actual']}" for v in result["validity"] if v["status"] != "PASS"),
        hold["response_time_lower_ms"]["p99"],
        hold["response_time_ms"]["p99"],
    )


if __name__ == "__main__":
    near_maximum(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
