"""A run may last for a day: what the master keeps of it, and what a look at it costs, stay flat."""

from __future__ import annotations

import gc
import random
import tracemalloc
from dataclasses import dataclass
from time import perf_counter

import pytest
from made_live_run import MadeLiveRun, MadePlan
from made_run import MadeRun
from made_snapshot import snapshot

from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.live.check_watch import CheckWatch
from jobload.measure.figures import ScenarioFigures, stage_figures
from jobload.measure.snapshot import Snapshot, StageReport
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import load_scenario

pytestmark = pytest.mark.slow

CHECKS = """scenarios:
  long:
    - {metric: p99, expect: "<= 100ms"}
    - {metric: p95, expect: "<= 100ms", within: "95%"}
    - {metric: error_rate, expect: "<= 5%", for: 10s}
    - {metric: missed, expect: "<= 5%", for: 10s}
    - {metric: throughput, expect: ">= 1/s", for: 10s}
"""
MOST_BYTES = 50_000_000
MOST_MS = 1.0
RPS = 100
LOOK_EVERY = 5
TOLD_AS = 50
"""So many operations are drawn for each second, the others are like them."""


@dataclass
class RunControl:
    run: MadeLiveRun


class LongRun:
    def __init__(self, seconds: int) -> None:
        self.scenario = load_scenario(
            {"name": "long", "shape": "ramp", "users": 9, "duration": f"{seconds}s", "rate": RPS}
        )
        self.made = MadeRun()
        checks = load_threshold_file("t.yaml", {"long": self.scenario}, text=CHECKS)
        self.run = MadeLiveRun(self.made, MadePlan([self.scenario], checks))
        self.watch = CheckWatch(RunControl(self.run))
        self._record = StageRecord()
        self._random = random.Random(1)
        self._seconds = 0

    def go_on(self, seconds: int) -> None:
        for second in range(seconds):
            self._one_second()
            if second % LOOK_EVERY == 0:
                self.watch.look()

    def _one_second(self) -> None:
        record, endpoint = self._record, self._record.endpoint("POST /api/v1/jobs")
        for _ in range(TOLD_AS):
            us, times = int(self._random.lognormvariate(9, 0.5)), RPS // TOLD_AS
            endpoint.response_time.record(us, times)
            endpoint.response_time_lower.record(us, times)
            endpoint.service_time.record(us, times)
        record.offered += RPS
        record.started += RPS
        record.ended_good += RPS
        record.user_us += 9_000_000
        endpoint.started += RPS
        endpoint.succeeded += RPS
        endpoint.attempts += RPS
        self._seconds += 1
        self.made.collector.take(self._snapshot(), float(self._seconds))
        self.run.elapsed_s = float(self._seconds)
        stage = self.scenario.stages()[0]
        figures = stage_figures(self.made.collector, (0, 0), stage, 0.0, float(self._seconds))
        self.made.scenarios[:] = [ScenarioFigures(0, 1, self.scenario, [figures])]

    def _snapshot(self) -> Snapshot:
        return snapshot(
            run_id=self.made.collector.run_id,
            seq=self._seconds,
            second=self._seconds - 1,
            obeyed=1,
            users=9,
            stages=[StageReport((0, 0), self._record.copy())],
        )

    def look_ms(self) -> float:
        """The quickest of several: the machine is shared."""
        times = []
        for _ in range(20):
            began_s = perf_counter()
            self.watch.look()
            times.append(perf_counter() - began_s)
        return min(times) * 1e3


@pytest.mark.timeout(1800)
def test_memory_and_the_cost_of_a_look_are_flat(full_length: bool) -> None:
    """V19. In full length a day, else twenty minutes."""
    seconds = 86_400 if full_length else 1_200
    run = LongRun(seconds)
    run.go_on(300)
    early_ms = run.look_ms()
    gc.collect()
    tracemalloc.start()
    run.go_on(seconds - 300)
    kept_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    late_ms = run.look_ms()
    assert kept_bytes < MOST_BYTES
    assert late_ms < max(MOST_MS, 1.5 * early_ms), f"{early_ms:.2f} ms, then {late_ms:.2f} ms"
    if full_length:
        print(f"V19: {kept_bytes / 1e6:.1f} MB, a look {early_ms:.2f} and {late_ms:.2f} ms")
