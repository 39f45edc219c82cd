"""python -m verify.confusion [--rounds 5] [--first 0] [--write]: who is blamed, and what for.

Makes 42 runs in virtual time a round: each cause alone, in three strengths, with one process and
with two, by other rates, users and moments each time. Prints what was put in against what was
found, and which runs were wrong. `--write` renews the table of docs/confusion_matrix.md, which is
of the default rounds. The exit code is 1 when fewer than 95 % name the right cause, or when the
generator's doing is held against the target, or the other way round.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from causes import Run

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "confusion_matrix.md"
BEGIN, END = "<!-- made by python -m verify.confusion --write -->", "<!-- end -->"
ROUNDS = 5


def main() -> int:
    options = _options()
    sys.path.insert(0, str(ROOT / "tests"))  # where runs in virtual time are made
    from causes import RIGHT_SHARE, right_share, wrong
    from virtual_causes import runs

    made = runs(options.rounds, options.first)
    text = table(made)
    print(text)
    print("\n".join(wrong(made)))
    if options.write:
        PAGE.write_text(with_table(PAGE.read_text(), text))
    blamed = any(run.blames_the_wrong_one for run in made)
    return int(blamed or right_share(made) < RIGHT_SHARE)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verify.confusion", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"({ROUNDS})")
    parser.add_argument("--first", type=int, default=0, metavar="K", help="seed of the first (0)")
    parser.add_argument("--write", action="store_true", help=f"renew {PAGE.relative_to(ROOT)}")
    return parser.parse_args()


def table(runs: Sequence[Run]) -> str:
    """As Markdown, with a line on how many were right."""
    from causes import matrix, right_share

    places = sorted(Counter(run.where for run in runs).items())
    made = "; ".join(f"{where}: {count}" for where, count in places)
    right = f"{right_share(runs):.1%} of {len(runs)} runs are right"
    return "\n".join([*matrix(runs), "", f"{right} (where, how many processes: {made})."])


def with_table(page: str, text: str) -> str:
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
