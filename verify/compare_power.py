"""python verify/compare_power.py [--pairs 20]: does `jobload compare` find changes, and only those?

A pair is three runs of 8 s a side, made in turns. Identical pairs are of one target that takes
20 ms for each request; in the others the new side takes 25 % longer. At most one in ten identical
pairs may give an alarm, and at least nine in ten of the others must. Twenty pairs take about a
quarter of an hour; the machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from target_app.children import start_child, stop_child  # noqa: E402  # found by the line above

RUNS_A_SIDE = 3
LATENCY_MS = 20.0
INJECTED = 1.25
ATTEMPTS = 5
"""A run that is INVALID, because the machine was busy, is made again, as its user would do."""
LOAD = ("--scenario", "light", "--set", "duration=8s", "--set", "ramp_up=1s")
RUN_WITHIN_S = 120.0
INVALID = 3
ALARM = {0: False, 1: True}


class ExperimentError(Exception):
    """One sentence on why nothing was found out."""


@dataclass(frozen=True)
class Power:
    """Alarms of identical pairs, and of pairs with injected latency, out of `pairs` each."""

    pairs: int
    false_alarms: int
    found: int

    @property
    def holds(self) -> bool:
        return self.false_alarms <= self.pairs / 10 and self.found >= 0.9 * self.pairs


@dataclass
class _Job:
    url: str
    folder: Path
    attempts: int = 0


def measure(pairs: int, at_once: int, folder: Path) -> Power:
    false_alarms = found = 0
    with _target(LATENCY_MS) as plain, _target(LATENCY_MS * INJECTED) as slower:
        for pair in range(pairs):
            here = folder / f"pair-{pair:02}"
            sides = {"base": plain, "same": plain, "slower": slower}
            turns = [
                _Job(url, here / side) for _ in range(RUNS_A_SIDE) for side, url in sides.items()
            ]
            _make(turns, at_once)
            false_alarm, hit = (_compare(here / "base", here / new) for new in ("same", "slower"))
            false_alarms += false_alarm
            found += hit
            words = ("alarm" if false_alarm else "no alarm", "alarm" if hit else "NO ALARM")
            print(f"pair {pair + 1}: identical {words[0]}, slower {words[1]}", flush=True)
    return Power(pairs, false_alarms, found)


@contextmanager
def _target(latency_ms: float) -> Iterator[str]:
    behaviour = json.dumps({"latency": {"ms": latency_ms}})
    environ = os.environ | {"JOBLOAD_TARGET_BEHAVIOUR": behaviour, "PYTHONPATH": str(ROOT)}
    with tempfile.NamedTemporaryFile(prefix="jobload-verify-") as said:
        command = [sys.executable, "-m", "target_app.embedded", "--port", "0"]
        process = start_child(command, environ=environ, output=said.file)
        try:
            yield _url(process, Path(said.name))
        finally:
            stop_child(process, 10)


def _url(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline_s = monotonic() + 30
    while monotonic() < deadline_s and process.poll() is None:
        for line in said.read_text().splitlines():
            if line.startswith("{") and line.endswith("}"):
                return str(json.loads(line)["url"])
        sleep(0.05)
    raise ExperimentError(f"The target did not start: {said.read_text()}")


def _make(jobs: Sequence[_Job], at_once: int) -> None:
    """All of the runs, so many at a time; started here, because they end with this thread."""
    waiting, running = list(jobs), dict[subprocess.Popen[bytes], tuple[_Job, float]]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                job = waiting.pop(0)
                running[_start(job)] = (job, monotonic() + RUN_WITHIN_S)
            sleep(0.05)
            for process in [p for p in running if p.poll() is not None]:
                job, _ = running.pop(process)
                if _is_to_be_repeated(process, job):
                    waiting.append(job)
            if any(monotonic() > deadline_s for _, deadline_s in running.values()):
                raise ExperimentError(f"A run took more than {RUN_WITHIN_S:.0f} s.")
    finally:
        for process in running:
            stop_child(process, 30)


def _start(job: _Job) -> subprocess.Popen[bytes]:
    job.attempts += 1
    job.folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "locustfile.py"), "--headless"]
    command += [*LOAD, "--results", str(job.folder), "--host", job.url]
    with (job.folder / "console.log").open("ab") as log:
        return start_child(command, environ=os.environ | {"PYTHONPATH": str(ROOT)}, output=log)


def _is_to_be_repeated(process: subprocess.Popen[bytes], job: _Job) -> bool:
    if process.returncode in ALARM:
        return False
    if process.returncode != INVALID or job.attempts == ATTEMPTS:
        tail = (job.folder / "console.log").read_text(errors="replace")[-2000:]
        raise ExperimentError(f"A run ended with exit code {process.returncode}:\n{tail}")
    return True


def _compare(base: Path, new: Path) -> bool:
    sides = (("--base", _valid_runs(base)), ("--new", _valid_runs(new)))
    command = [str(Path(sys.executable).parent / "jobload"), "compare"]
    for option, runs in sides:
        command += [option, *map(str, runs)]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    (new.parent / f"{new.name}.txt").write_text(done.stdout + done.stderr)
    if done.returncode not in ALARM:
        raise ExperimentError(f"The runs could not be compared: {done.stderr}")
    return ALARM[done.returncode]


def _valid_runs(folder: Path) -> list[Path]:
    results = sorted(folder.glob("[0-9]*/result.json"))
    return [path for path in results if json.loads(path.read_text())["status"] != "INVALID"]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=2, help="runs at a time")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the runs are left")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="jobload-verify-") as temporary:
        folder = arguments.keep or Path(temporary)
        power = measure(arguments.pairs, arguments.at_once, folder)
    verdict = "holds" if power.holds else "DOES NOT HOLD"
    print(
        f"compare, {power.pairs} pairs each: {power.false_alarms} alarms of identical runs (at most"
        f" {power.pairs // 10}), {power.found} of 25 % more latency found: {verdict}"
    )
    return 0 if power.holds else 1


if __name__ == "__main__":
    sys.exit(main())
