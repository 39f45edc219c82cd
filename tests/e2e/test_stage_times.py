"""V16: each worker's stages and seconds lie where planned, whatever comes late, joins or leaves."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from e2e.accounts import assert_accounts
from e2e.load_test import LoadTest
from e2e.outcome import Outcome
from e2e.plan_files import Fields, write_plan
from e2e.truth_server import TruthServer, running_server
from e2e.waiting import Background, Job

pytestmark = pytest.mark.timed

EXACT_S = 0.05
WARM_UP_S, FAST_S, SLOW_S = 1.0, 3.3, 2.0
FAST, SLOW = 200, 20
STAGES = (
    ("warm-up", WARM_UP_S, SLOW),
    ("fast", FAST_S, FAST),
    ("slow", SLOW_S, SLOW),
    ("fast-again", FAST_S, FAST),
)
STEADY_CHECK: Fields = {
    "metric": "throughput",
    "expect": f">= {0.9 * FAST}/s",
    "stage": "fast",
    "window": "1s",
    "for": "1s",
}


@dataclass(frozen=True)
class Seen:
    outcome: Outcome
    facts: dict[str, Any]
    probed_s: float
    """When the run asked the target whether it is there: its first act."""
    arrivals_s: list[float]
    of_workers_s: list[list[float]]

    def in_second(self, second: int) -> int:
        """Requests that came in that second of the run."""
        since_s = self.probed_s + second
        return sum(since_s <= at_s < since_s + 1 for at_s in self.arrivals_s)


def _plan(folder: Path) -> list[str]:
    stages: list[Fields] = [
        {"name": name, "duration": f"{s}s", "users": 20, "rate": rate, "judged": name != "warm-up"}
        for name, s, rate in STAGES
    ]
    scenario = {"shape": "staged", "stages": stages, "payload_bytes": 256}
    return write_plan(folder, {"light": scenario}, {"light": [STEADY_CHECK]})


def _seen(outcome: Outcome, server: TruthServer) -> Seen:
    probed_s = server.arrivals_s("GET /")[0]
    arrivals_s, of_workers_s = server.arrivals_s(), server.arrivals_of_processes_s()
    return Seen(outcome, server.facts(), probed_s, arrivals_s, of_workers_s)


def _first_answer_after(folder: Path, first_s: float) -> Seen:
    with (
        running_server("slow-to-wake", first_s=first_s, latency_ms=5) as server,
        LoadTest(folder, *_plan(folder), host=server.url, mode="workers") as test,
    ):
        return _seen(test.outcome(within_s=40), server)


def _joined(folder: Path) -> Seen:
    """It takes a second to start, and so comes in the first stage that counts."""
    with (
        running_server("fixed", latency_ms=5) as server,
        LoadTest(folder, *_plan(folder), host=server.url, mode="workers", workers=1) as test,
    ):
        server.wait_into_load(0.5)
        test.add_worker()
        return _seen(test.outcome(within_s=40), server)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        f"{s:g} s": partial(_first_answer_after, folder / f"{s:g}", s) for s in (0.0, 2.5, 9.0)
    }
    jobs["joined"] = partial(_joined, folder / "joined")
    with Background(jobs, at_once=2) as background:
        yield background


@pytest.mark.parametrize("first_answer", ["0 s", "2.5 s", "9 s"])
def test_a_first_answer_that_takes_long_shifts_nothing(runs: Background, first_answer: str) -> None:
    seen: Seen = runs[first_answer]
    seen.outcome.assert_came_to(0, "PASS")
    assert_accounts(seen.outcome, seen.facts)
    assert len(seen.of_workers_s) == 2
    _assert_stages_as_planned(seen.of_workers_s)
    _assert_seconds(seen)


def test_a_worker_that_joins_keeps_the_time_of_the_others(runs: Background) -> None:
    seen: Seen = runs["joined"]
    seen.outcome.assert_came_to(0, "PASS")
    assert "joined late" in seen.outcome.validity("workers-complete")["actual"]
    assert_accounts(seen.outcome, seen.facts)
    first, late = sorted(seen.of_workers_s, key=lambda arrivals_s: arrivals_s[0])
    ends = [_stretches(arrivals_s)[0][1] for arrivals_s in (first, late)]
    assert abs(ends[0] - ends[1]) < EXACT_S
    assert abs(_stretches(first)[1][0] - _stretches(late)[1][0]) < EXACT_S
    _assert_seconds(seen)


def _stretches(arrivals_s: list[float]) -> list[tuple[float, float]]:
    """When the arrivals of one of two workers came fast: from the first such to the last."""
    gap_s = 1.0 / SLOW
    found: list[tuple[float, float]] = []
    for before_s, at_s in pairwise(arrivals_s):
        if at_s - before_s > gap_s:
            continue
        if found and found[-1][1] == before_s:
            found[-1] = found[-1][0], at_s
        else:
            found.append((before_s, at_s))
    return [(begin_s, end_s) for begin_s, end_s in found if end_s - begin_s > 10 * gap_s]


def _assert_stages_as_planned(of_workers_s: list[list[float]]) -> None:
    """The arrival next to the end of a stage is up to one gap away from it."""
    within_s = EXACT_S + 2.0 / FAST
    begins_s = []
    for arrivals_s in of_workers_s:
        (first_s, first_end_s), (again_s, again_end_s) = _stretches(arrivals_s)
        begins_s.append(first_s)
        assert first_end_s - first_s == pytest.approx(FAST_S, abs=within_s)
        assert again_s - first_s == pytest.approx(FAST_S + SLOW_S, abs=within_s)
        assert again_end_s - again_s == pytest.approx(FAST_S, abs=within_s)
    assert max(begins_s) - min(begins_s) < EXACT_S


def _assert_seconds(seen: Seen) -> None:
    """What the run says of its seconds is what came in them: where the rate changes within one, a
    worker's clock that is wrong by 50 ms puts ten requests into another."""
    told: dict[int, int] = {}
    for stage in seen.outcome.stages:
        seconds = stage["seconds"]
        for second, started in zip(seconds["second"], seconds["started"], strict=True):
            told[second] = told.get(second, 0) + started
    came = {second: seen.in_second(second) for second in range(max(told) + 1)}
    wrong = {s: (told.get(s, 0), n) for s, n in came.items() if abs(told.get(s, 0) - n) > 12}
    assert not wrong, f"second: (told, came) {wrong}"
