"""python -m verify.simulate --seeds N --first K: plays seeds until a promise is broken.

Exit code 0 when all promises were kept, 1 at the first that was not; its seed is printed, and
`--seed K` plays that one alone and tells its story. `--planted NAME` plays them with a fault in the
code (`planted/`), and `--catalogue` with each of these in turn: 1 when one of them is not found,
or first by another seed than `planted/` remembers; with `--known` only those seeds are played.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from resource import RUSAGE_CHILDREN, getrusage
from typing import TYPE_CHECKING, TextIO

from verify.simulate import virtual_loop

if TYPE_CHECKING:
    from verify.simulate.seeds import Played, Seeds

FOUND_WITHIN = 500
RENEW = "`python -m verify.simulate --catalogue --processes 2` names one that does"
Alter = Callable[[], None]


def main() -> int:
    options = _options()
    gc.disable()  # until all is imported, which is no garbage
    virtual_loop.take_over_time()  # before anything else keeps the clock that it is given
    from jobload.lifecycle.locust_import import import_locust

    import_locust()
    from verify.simulate.planted import PLANTED
    from verify.simulate.seeds import Seeds

    seeds, out = Seeds(options.processes), sys.stdout
    if options.catalogue:
        return _find_all(seeds, options, out)
    alter: Alter = PLANTED[options.planted].alter if options.planted else lambda: None
    if options.seed is not None:
        return _tell(seeds, options.seed, alter, out)
    return _play(seeds, options, alter, out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, metavar="N", help="how many (100)")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="the first of them (0)")
    parser.add_argument("--seed", type=int, metavar="K", help="this one alone, with its story")
    parser.add_argument("--cpu", type=float, metavar="S", help="no more after S seconds of CPU")
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="at a time (1)")
    parser.add_argument("--planted", metavar="NAME", help="with this fault in the code")
    parser.add_argument("--catalogue", action="store_true", help="every fault, until it is found")
    parser.add_argument("--known", action="store_true", help="only the seed that finds it first")
    parser.add_argument("--all", action="store_true", help="go on after a broken promise")
    return parser.parse_args()


def _numbers(first: int, count: int, cpu_s: float | None) -> Iterator[int]:
    for number in range(first, first + count):
        if cpu_s is not None and _cpu_s() > cpu_s:
            return
        yield number


def _cpu_s() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _play(seeds: Seeds, options: argparse.Namespace, alter: Alter, out: TextIO) -> int:
    began_s, verdicts, is_broken = virtual_loop.real_clock(), Counter[str](), False
    out.write(f"first seed {options.first}\n")
    with suppress(KeyboardInterrupt):  # so far
        for played in seeds.play(_numbers(options.first, options.seeds, options.cpu), alter):
            verdicts[played.status or "no verdict"] += 1
            if not played.broken:
                continue
            is_broken = True
            _say(played, out)
            if not options.all:
                planted = f" --planted {options.planted}" if options.planted else ""
                story = f"python -m verify.simulate{planted} --seed {played.seed}"
                out.write(f"Its story: {story}\n")
                break
    total, took_s = verdicts.total(), virtual_loop.real_clock() - began_s
    shares = ", ".join(f"{n} {status}" for status, n in sorted(verdicts.items()))
    out.write(f"{total} seeds in {took_s:.1f} s, {_cpu_s():.1f} s of CPU: {shares}\n")
    return int(is_broken)


def _say(played: Played, out: TextIO) -> None:
    out.writelines(
        f"seed {played.seed} ({played.status}): {sentence}\n"
        for sentence in played.broken or ["all promises kept"]
    )
    out.flush()


def _tell(seeds: Seeds, seed: int, alter: Alter, out: TextIO) -> int:
    played, story = seeds.play_here(seed, alter, listen=True)
    out.writelines(f"{line}\n" for line in story)
    _say(played, out)
    return int(bool(played.broken))


def _find_all(seeds: Seeds, options: argparse.Namespace, out: TextIO) -> int:
    from verify.simulate.planted import PLANTED

    is_stale = options.known and _are_broken(seeds, {f.known for f in PLANTED.values()}, out)
    for name, fault in PLANTED.items():
        numbers = [fault.known] if options.known else range(FOUND_WITHIN)
        found = next((p for p in seeds.play(numbers, fault.alter) if p.broken), None)
        if found is not None:
            out.write(f"{name}: found by seed {found.seed}: {found.broken[0]}\n")
        elif options.known:
            out.write(f"{name}: seed {fault.known} no longer finds it; {RENEW}\n")
        else:
            out.write(f"{name}: not found by {FOUND_WITHIN} seeds\n")
        if found is not None and found.seed != fault.known:
            out.write(f"{name}: planted/ has seed {fault.known}; write {found.seed} there\n")
        is_stale |= found is None or found.seed != fault.known
        out.flush()
    return int(is_stale)


def _are_broken(seeds: Seeds, numbers: set[int], out: TextIO) -> bool:
    """A seed that breaks a promise by itself finds no fault."""
    broken = [played for played in seeds.play(sorted(numbers)) if played.broken]
    for played in broken:
        _say(played, out)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
