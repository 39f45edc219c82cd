"""What a process needs to take part in a run: sent once, with the first users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from jobload.load.origin import Origin
from jobload.plan.scenario import Scenario, load_scenario


@dataclass(frozen=True, slots=True)
class Assignment:
    run_id: str
    origin: Origin
    scenarios: tuple[Scenario, ...]
    allowed_targets: frozenset[str] = frozenset()
    users: int = 0
    """At most, in each process."""

    def to_json(self) -> str:
        return orjson.dumps(
            {
                "run_id": self.run_id,
                "host": str(self.origin),
                "scenarios": [scenario.dump() for scenario in self.scenarios],
                "allowed_targets": sorted(self.allowed_targets),
                "users": self.users,
            }
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        data: dict[str, Any] = orjson.loads(text)
        scenarios = tuple(load_scenario(scenario) for scenario in data["scenarios"])
        return cls(
            data["run_id"],
            Origin.parse(data["host"]),
            scenarios,
            frozenset(data["allowed_targets"]),
            int(data["users"]),
        )
