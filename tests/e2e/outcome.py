"""What came of a load test."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    exit_code: int
    took_s: float
    console: str
    folder: Path
    results: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        assert len(self.results) == 1, f"{len(self.results)} results: {self.console}"
        return self.results[0]

    @property
    def status(self) -> str:
        return str(self.result["status"])

    def assert_came_to(self, exit_code: int, status: str) -> None:
        came_to = (self.exit_code, [result["status"] for result in self.results])
        assert came_to == (exit_code, [status]), f"{came_to}\n{self.console}"

    def assert_passed_or_late(self) -> None:
        """For tests that are not about time: a busy machine may have made arrivals late."""
        if set(self.complaints) != {"schedule-kept"}:
            self.assert_came_to(0, "PASS")

    def scenario(self, name: str) -> dict[str, Any]:
        return next(s for s in self.result["scenarios"] if s["name"] == name)

    def stage(self, name: str = "hold", scenario: str | None = None) -> dict[str, Any]:
        """A stage of the scenario named, or of the only one."""
        scenarios = [self.scenario(scenario)] if scenario else self.result["scenarios"]
        (stage,) = [s for each in scenarios for s in each["stages"] if s["name"] == name]
        found: dict[str, Any] = stage
        return found

    @property
    def stages(self) -> list[dict[str, Any]]:
        return [stage for scenario in self.result["scenarios"] for stage in scenario["stages"]]

    def sum(self, count: str) -> int:
        return sum(stage[count] for stage in self.stages)

    def validity(self, check: str) -> dict[str, Any]:
        return next(v for v in self.result["validity"] if v["id"] == check)

    @property
    def complaints(self) -> dict[str, str]:
        """Validity checks that fail, and what they say."""
        return {v["id"]: v["actual"] for v in self.result["validity"] if v["status"] == "FAIL"}
