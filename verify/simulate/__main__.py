"""python -m verify.simulate --seeds N --first K: plays seeds until a promise is broken.

Exit code 0 when all promises were kept, 1 at the first that was not; its seed is printed, and
`--seed K` plays that one alone and tells its story. `--planted NAME` plays them with a fault of the
catalogue in the code (`planted.py`), which has to be found.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, TextIO

from verify.simulate import virtual_loop

if TYPE_CHECKING:
    from verify.simulate.seeds import Seeds


def main() -> int:
    options = _options()
    virtual_loop.take_over_time()  # before anything else keeps the clock that it is given
    import locust  # noqa: F401  # patches the standard library

    from verify.simulate.planted import PLANTED
    from verify.simulate.seeds import Seeds

    alter: Callable[[], None] = PLANTED[options.planted] if options.planted else lambda: None
    seeds = Seeds(options.processes, alter)
    if options.seed is not None:
        return _tell(seeds, options.seed, sys.stdout)
    return _play(seeds, options, sys.stdout)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many (100)")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="the first of them (0)")
    parser.add_argument("--seed", type=int, metavar="K", help="this one alone, with its story")
    parser.add_argument("--within", type=float, metavar="S", help="as many as fit into S seconds")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="at a time (1)")
    parser.add_argument("--planted", metavar="NAME", help="with this fault in the code")
    parser.add_argument("--all", action="store_true", help="go on after a broken promise")
    return parser.parse_args()


def _play(seeds: Seeds, options: argparse.Namespace, out: TextIO) -> int:
    began_s, verdicts, broken = virtual_loop.real_clock(), Counter[str](), 0
    numbers = range(options.first, options.first + options.seeds)
    if options.within:
        within_s, endless = options.within, count(options.first)
        numbers = (n for n in endless if virtual_loop.real_clock() - began_s < within_s)  # type: ignore[assignment]
    out.write(f"first seed {options.first}\n")
    for played in seeds.play(numbers):
        verdicts[played.status or "no verdict"] += 1
        if not played.broken:
            continue
        broken += 1
        out.writelines(
            f"seed {played.seed} ({played.status}): {sentence}\n" for sentence in played.broken
        )
        out.flush()
        if not options.all:
            out.write(f"Its story: python -m verify.simulate --seed {played.seed}\n")
            break
    took_s = virtual_loop.real_clock() - began_s
    total = verdicts.total()
    shares = ", ".join(f"{n} {status}" for status, n in sorted(verdicts.items()))
    out.write(f"{total} seeds in {took_s:.1f} s ({total / took_s:.1f} a second): {shares}\n")
    return int(broken > 0)


def _tell(seeds: Seeds, seed: int, out: TextIO) -> int:
    played, story = seeds.play_here(seed, listen=True)
    out.writelines(f"{line}\n" for line in story)
    out.writelines(
        f"seed {seed} ({played.status}): {sentence}\n"
        for sentence in played.broken or ["all promises kept"]
    )
    out.flush()
    return int(bool(played.broken))


if __name__ == "__main__":
    sys.exit(main())
