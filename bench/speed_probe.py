"""How fast a core is from moment to moment: the same count again and again, 200 times a second.

`python -m bench.speed_probe`, bound to that core, answers each line of its input with what it has
seen since the line before, as JSON. What it measures is its own CPU time, so other processes do no
harm; what the machine lacks shows. It uses a hundredth of the core.
"""

from __future__ import annotations

import json
import select
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import thread_time_ns

EVERY_S = 0.005
STEPS = 1000
SLOW = 2.0


@dataclass(frozen=True, slots=True)
class Speed:
    """`count_us`: the median; `slow_percent` of the counts took more than twice as long."""

    count_us: float
    slow_percent: float

    @classmethod
    def of(cls, counts_us: Sequence[float]) -> Speed:
        usual_us = median(counts_us)
        slow = sum(took_us > SLOW * usual_us for took_us in counts_us)
        return cls(usual_us, 100 * slow / len(counts_us))


def main() -> None:
    counts_us = [_count_us()]
    print("ready", flush=True)
    while True:
        if select.select([sys.stdin], [], [], EVERY_S)[0]:
            if not sys.stdin.readline():
                return
            print(json.dumps(asdict(Speed.of(counts_us))), flush=True)
            counts_us.clear()
        counts_us.append(_count_us())


def _count_us() -> float:
    began_ns = thread_time_ns()
    for _ in range(STEPS):
        pass
    return (thread_time_ns() - began_ns) / 1e3


if __name__ == "__main__":
    main()
