"""What a process needs to take part in a run: sent once, with the first users."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from jobload.load.http.origin import Origin
from jobload.load.rows.rows import Outline
from jobload.plan.scenario import Scenario, load_scenario

FILES = frozenset({"file", "cert", "key", "ca"})
"""Fields of a scenario that name files of the machine it runs on; but for those of `data`, which
the master alone reads."""


@dataclass(frozen=True, slots=True)
class Assignment:
    run_id: str
    origin: Origin | None
    """None: its users know where they go."""
    scenarios: tuple[Scenario, ...]
    allowed_targets: frozenset[str] = frozenset()
    users: int = 0
    """At most, in each process."""
    processes: int = 1
    """That were there when the run began."""
    outlines: tuple[Outline, ...] = ()
    """Of the sources of rows, which themselves come later, and only as far as they are needed."""
    trace_share: float = 0.0
    """Of the operations, the part that is traced."""
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of its user classes by their names, and of what each is made of: another one of that name may
    do something else."""

    @property
    def wants_of_its_worker(self) -> str | None:
        """What of its own machine a worker would give away to the master, or its target."""
        for scenario in self.scenarios:
            for place, text in _texts(scenario.dump()):
                if "${" in text:
                    return f"a variable of its environment for {scenario.name}.{place}"
                if place.rpartition(".")[2] in FILES and not place.startswith("data."):
                    return f"a file for {scenario.name}.{place}"
        return None

    def to_json(self) -> str:
        return orjson.dumps(
            {
                "run_id": self.run_id,
                "host": None if self.origin is None else str(self.origin),
                "scenarios": [scenario.dump() for scenario in self.scenarios],
                "allowed_targets": sorted(self.allowed_targets),
                "users": self.users,
                "processes": self.processes,
                "outlines": [[outline.columns, outline.total] for outline in self.outlines],
                "trace_share": self.trace_share,
                "sources": self.sources,
            }
        ).decode()

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        data: dict[str, Any] = orjson.loads(text)
        scenarios = tuple(load_scenario(scenario) for scenario in data["scenarios"])
        return cls(
            data["run_id"],
            None if data["host"] is None else Origin.parse(data["host"]),
            scenarios,
            frozenset(data["allowed_targets"]),
            int(data["users"]),
            int(data["processes"]),
            tuple(Outline(tuple(columns), int(total)) for columns, total in data["outlines"]),
            float(data["trace_share"]),
            dict(data["sources"]),
        )


def _texts(part: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All of a scenario as it was written, each with where it stands."""
    if isinstance(part, str):
        yield place, part
    elif isinstance(part, dict):
        for key, value in part.items():
            yield from _texts(value, f"{place}.{key}" if place else str(key))
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _texts(value, place)
