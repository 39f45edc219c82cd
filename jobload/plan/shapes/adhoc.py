"""Locust's own `-u`, `-r` and `-t`, plus a rate."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field

from jobload.plan.duration import Duration, format_duration
from jobload.plan.field_types import Rate, Users
from jobload.plan.scenario_fields import Scenario
from jobload.plan.stage import Stage, hold, ramp

_SHORTEST_RAMP_S = 0.001


class Adhoc(Scenario):
    shape: Literal["adhoc"] = "adhoc"
    users: Users = 1
    """How many operations may be in flight at once."""
    spawn_rate: Rate = 1.0
    """Users started a second."""
    duration_s: Annotated[Duration, Field(alias="duration")] = 60.0
    """Includes the ramp. Locust's own default has no end, and so would have no verdict."""
    peak_rate: Annotated[Rate | None, Field(alias="rate")] = None
    """Arrivals a second of all users together, once all of them run; none: closed model."""

    def stages(self) -> tuple[Stage, ...]:
        return (
            *ramp("ramp-up", self._ramp_up_s, (0, self.users), self.peak_rate),
            hold("hold", self.duration_s - self._ramp_up_s, self.users, self.peak_rate),
        )

    def without_rate(self) -> Self:
        return self.model_copy(update={"peak_rate": None})

    @property
    def _ramp_up_s(self) -> float:
        ramp_up_s = self.users / self.spawn_rate
        return ramp_up_s if ramp_up_s >= _SHORTEST_RAMP_S else 0.0

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self._ramp_up_s >= self.duration_s:
            yield (
                "duration",
                f"{format_duration(self.duration_s)} is too short: it includes the ramp, and to"
                f" start {self.users} users at {self.spawn_rate:g} a second takes"
                f" {self._ramp_up_s:g} s",
            )
