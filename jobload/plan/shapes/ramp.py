"""Users grow over a ramp, then hold."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field

from jobload.plan.duration import Duration, DurationOrZero, format_duration
from jobload.plan.field_types import Rate, Users
from jobload.plan.scenario_fields import Scenario
from jobload.plan.stage import Stage, hold, ramp


class RampAndHold(Scenario):
    users: Users
    """How many operations may be in flight at once."""
    ramp_up_s: Annotated[DurationOrZero, Field(alias="ramp_up")] = 0.0
    """How long users grow from none."""
    duration_s: Annotated[Duration, Field(alias="duration")]
    """Includes the ramp."""
    peak_rate: Annotated[Rate | None, Field(alias="rate")] = None
    """Arrivals a second of all users together, once all of them run; none: closed model."""

    def stages(self) -> tuple[Stage, ...]:
        hold_s = self.duration_s - self.ramp_up_s
        return (
            *ramp("ramp-up", self.ramp_up_s, (0, self.users), self.peak_rate),
            hold("hold", hold_s, self.users, self.peak_rate),
        )

    def without_rate(self) -> Self:
        return self.model_copy(update={"peak_rate": None})

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self.ramp_up_s >= self.duration_s:
            yield (
                "ramp_up",
                f"the ramp of {format_duration(self.ramp_up_s)} leaves nothing of the duration"
                f" of {format_duration(self.duration_s)}, which includes it",
            )


class Ramp(RampAndHold):
    shape: Literal["ramp"] = "ramp"
