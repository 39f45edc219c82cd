"""What befalls one run, and what runs: a case, as a seed has drawn it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.lifecycle.run_setup import RunSetup
from jobload.plan.scenario import Scenario
from verify.simulate.target import Behaviour
from verify.simulate.transport import Trouble

Kind = Literal["kill", "still", "sigterm", "sigint", "step", "restart", "ghost"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that befalls a host: it is killed, stands still for `much` seconds, is told to end,
    its time of day is stepped by `much`, it comes again under its old name, or somebody sends it
    messages of an earlier run."""

    kind: Kind
    host: str
    at_s: float
    much: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """`workers` is 0 for one process alone. `joins_s` has when each worker starts."""

    seed: int
    workers: int
    late: int
    scenarios: tuple[Scenario, ...]
    checks: dict[str, list[dict[str, Any]]]
    usual_s: float
    connecting_s: float
    behaviours: tuple[Behaviour, ...]
    troubles: tuple[Trouble, ...]
    events: tuple[Event, ...]
    joins_s: dict[str, float]
    drifts: dict[str, float] = field(default_factory=dict)

    @property
    def planned_s(self) -> float:
        return sum(scenario.total_s for scenario in self.scenarios)

    @property
    def deadline_s(self) -> float:
        """Each drain may take its time, whatever happens; a lost worker's silence takes some."""
        drains_s = sum(scenario.drain_s + 12.0 for scenario in self.scenarios)
        still_s = sum(event.much for event in self.events if event.kind == "still")
        troubled_s = sum(t.until_s - t.from_s for t in self.troubles if t.kind in ("hold", "slow"))
        searched_s = sum(120.0 for s in self.scenarios if s.shape == "capacity")
        return 60.0 + self.planned_s + drains_s + still_s + troubled_s + searched_s

    def setup(self) -> RunSetup:
        by_name = {scenario.name: scenario for scenario in self.scenarios}
        text = json.dumps({"scenarios": self.checks})
        checks = load_threshold_file("thresholds.yaml", by_name, text=text)
        return RunSetup(self.scenarios, checks, profile_only=False, results_dir=Path("results"))

    def lines(self) -> Iterator[str]:
        where = f"{self.workers} workers" if self.workers else "one process"
        late = f", {self.late} of them late" if self.late else ""
        yield f"seed {self.seed}: {where}{late}; target {self.usual_s * 1e3:.1f} ms"
        for scenario in self.scenarios:
            stages = ", ".join(
                f"{s.name} {s.duration_s:g} s {s.users_from}-{s.users_to} users"
                + (f" {s.rate:.4g}/s" if s.rate is not None else "")
                for s in scenario.stages()
            )
            yield f"  {scenario.name} ({scenario.shape}): {stages}"
            for check in self.checks[scenario.name]:
                yield f"    {check['metric']} {check['expect']}"
        for event in self.events:
            yield f"  at {event.at_s:.2f}: {event.kind} {event.host} {event.much:.4g}"
        for trouble in self.troubles:
            yield f"  at {trouble.from_s:.2f}: {trouble.text}"
        for behaviour in self.behaviours:
            yield f"  at {behaviour.from_s:.2f}: {behaviour.text}"
