"""python -m verify.mutants [--sample 200] [--seed 2026]: would the unit tests notice a fault?

Faults are put, one at a time, into copies of the rooms that decide: an operator, a constant or a
condition becomes another. Against each run the tests of these rooms that come to its lines. What
none of them notices is no fault (equivalent_mutants.yaml says why), or a test is missing, and the
exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from verify.mutants.equivalent import equivalents
from verify.mutants.sample import Mutant, sample
from verify.mutants.trial import survivors

ROOT = Path(__file__).resolve().parents[2]
GOAL = 0.9


def main(arguments: Sequence[str] | None = None) -> int:
    os.environ.pop("PYTEST_ADDOPTS", None)
    parser = argparse.ArgumentParser(prog="python -m verify.mutants")
    parser.add_argument("--sample", type=int, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=2026, metavar="N")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), metavar="N")
    options = parser.parse_args(arguments)
    began_s = monotonic()
    mutants = sample(ROOT, options.sample, options.seed)
    with tempfile.TemporaryDirectory(prefix="jobload-mutants-") as folder:
        left = survivors(ROOT, mutants, Path(folder), options.at_once)
    known = equivalents()
    _print(left, known)
    share = 1 - len(left) / len(mutants)
    unknown = [mutant for mutant in left if mutant.known_as not in known]
    print(
        f"{share:.1%} of {len(mutants)} faults noticed in {monotonic() - began_s:.0f} s,"
        f" {len(left) - len(unknown)} are none, {len(unknown)} want a test"
    )
    return int(bool(unknown) or share < GOAL)


def _print(left: Sequence[Mutant], known: dict[tuple[str, str, str], str]) -> None:
    table = Table("where", "is", "would be", "no fault, because", title="What no test notices")
    for mutant in sorted(left, key=lambda mutant: (mutant.module, mutant.line)):
        where = f"{mutant.module}:{mutant.line}"
        table.add_row(where, mutant.before, mutant.after, known.get(mutant.known_as, "A TEST"))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
