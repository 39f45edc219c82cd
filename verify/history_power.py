"""python verify/history_power.py: does `jobload history` find a step of 5 %, and nothing else?

100 histories of 40 runs with a step and 100 without, by seeds, in each of two readings of "3 %
noise". Within ± 3 %, all values as likely, the step can be found within one run in 90 %. With a
standard deviation of 3 %, normal, not even the maximum-likelihood estimator, told that there is a
step, places it so more often than about three times in four, so nothing can; there the rate is to
be that of the estimator on the same series, among those in which a step is found.

The same series are given to Apache Otava, in an environment of its own, and it is said how often
both agree. Without it, for want of a package registry or otherwise, a sentence says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from jobload.compare.history.change_points import change_points  # noqa: E402  # found above

OTAVA = "apache-otava==0.8.0"
INSTALLED_WITHIN_S = 300
SERIES = 100
RUNS = 40
STEP_PERCENT = 5.0
NOISE_PERCENT = 3.0
FROM_ENDS = 8
WITHIN_RUNS = 1
LEAST_FOUND_PERCENT = 90.0
MOST_FALSE = 1
ROOM_PERCENT = 2.0
"""Below the estimator's rate, of the series in which a step is found."""

Series = tuple[float, ...]
NOISES: dict[str, Callable[[Random], float]] = {
    "within 3 %": lambda random: random.uniform(-NOISE_PERCENT, NOISE_PERCENT),
    "deviation 3 %": lambda random: random.gauss(0, NOISE_PERCENT),
}
OTAVAS_PART = """\
import json, sys
from otava.analysis import compute_change_points
for line in sys.stdin:
    print(json.dumps([int(point.index) for point in compute_change_points(json.loads(line))[0]]))
"""


@dataclass(frozen=True)
class Generated:
    """`at` is the first run of the new level; None without one."""

    values: Series
    at: int | None


@dataclass(frozen=True)
class Power:
    """Of so many series with a step, and as many without."""

    noise: str
    series: int
    false_alarms: int
    found: int
    placed: int
    placed_by_likelihood: int
    likelihood_of_found: int

    @property
    def holds(self) -> bool:
        if self.false_alarms > MOST_FALSE * self.series / SERIES:
            return False
        if self.noise == "within 3 %":
            return self.placed >= LEAST_FOUND_PERCENT * self.series / 100
        return self.placed >= self.likelihood_of_found - ROOM_PERCENT * self.series / 100


def generated(noise: Callable[[Random], float], first_seed: int = 0) -> list[Generated]:
    return [_one(noise, Random(first_seed + n), step=n % 2 == 1) for n in range(2 * SERIES)]


def _one(noise: Callable[[Random], float], random: Random, *, step: bool) -> Generated:
    at = random.randint(FROM_ENDS, RUNS - FROM_ENDS) if step else None
    levels = [100 + STEP_PERCENT * (at is not None and run >= at) for run in range(RUNS)]
    return Generated(tuple(level * (1 + noise(random) / 100) for level in levels), at)


def measure(noise: str, every: Sequence[Generated]) -> Power:
    ours = [[point.index for point in change_points(each.values)] for each in every]
    pairs = [(each, found) for each, found in zip(every, ours, strict=True) if each.at is not None]
    return Power(
        noise=noise,
        series=len(pairs),
        false_alarms=sum(bool(f) for each, f in zip(every, ours, strict=True) if each.at is None),
        found=sum(bool(found) for _, found in pairs),
        placed=sum(_is_near(found, each.at) for each, found in pairs),
        placed_by_likelihood=sum(_is_near([likeliest(e.values)], e.at) for e, _ in pairs),
        likelihood_of_found=sum(_is_near([likeliest(e.values)], e.at) for e, f in pairs if f),
    )


def _is_near(found: Sequence[int], at: int | None) -> bool:
    return at is not None and any(abs(index - at) <= WITHIN_RUNS for index in found)


def likeliest(values: Series) -> int:
    """Where a single step is, by least squares: what is likeliest in normal noise."""
    mean = sum(values) / len(values)
    n, reached, best = len(values), 0.0, (0.0, 0)
    for k in range(1, n):
        reached += values[k - 1] - mean
        best = max(best, (reached**2 / (k * (n - k)), k))
    return best[1]


def otavas_python(folder: Path) -> Path | None:
    """None when it can't be had."""
    python = folder / "otava/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    try:
        venv.create(folder / "otava", symlinks=True)
        subprocess.run(
            [*pip, "--quiet", "install", OTAVA],
            check=True,
            capture_output=True,
            timeout=INSTALLED_WITHIN_S,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return python


def otava(python: Path, every: Sequence[Generated]) -> list[list[int]]:
    """Its change points of each series."""
    done = subprocess.run(
        [str(python), "-c", OTAVAS_PART],
        input="\n".join(json.dumps(each.values) for each in every),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=INSTALLED_WITHIN_S,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def agreement(every: Sequence[Generated], theirs: Sequence[Sequence[int]]) -> str:
    ours = [[point.index for point in change_points(each.values)] for each in every]
    both = [(o, t) for o, t in zip(ours, theirs, strict=True) if o and t]
    neither = sum(not o and not t for o, t in zip(ours, theirs, strict=True))
    near = sum(any(abs(a - b) <= WITHIN_RUNS for a in o for b in t) for o, t in both)
    quiet = [t for each, t in zip(every, theirs, strict=True) if each.at is None]
    placed = sum(_is_near(t, each.at) for each, t in zip(every, theirs, strict=True))
    return (
        f"agrees in {len(both) + neither} of {len(every)} on whether there is a change, in {near}"
        f" of {len(both)} within ± {WITHIN_RUNS} run on where; itself it places {placed} of"
        f" {SERIES}, with {sum(map(bool, quiet))} false alarms"
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the first series")
    parser.add_argument("--without-otava", action="store_true")
    arguments = parser.parse_args(argv)
    holds = True
    with tempfile.TemporaryDirectory(prefix="jobload-verify-") as temporary:
        python = None if arguments.without_otava else otavas_python(Path(temporary))
        for noise, draw in NOISES.items():
            every = generated(draw, arguments.seed)
            power = measure(noise, every)
            holds &= power.holds
            print(told(power), flush=True)
            if python is not None:
                said = agreement(every, otava(python, every))
                print(f"{OTAVA}, noise {noise}: {said}", flush=True)
        if python is None and not arguments.without_otava:
            print(f"{OTAVA} could not be installed, so nothing is said of it.")
    return 0 if holds else 1


def told(power: Power) -> str:
    verdict = "holds" if power.holds else "DOES NOT HOLD"
    return (
        f"history, noise {power.noise}: {power.placed} of {SERIES} steps within ± {WITHIN_RUNS} run"
        f" ({power.found} found; the likeliest place is right in {power.placed_by_likelihood}, of"
        f" those found in {power.likelihood_of_found}), {power.false_alarms} false alarms in"
        f" {SERIES}: {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
