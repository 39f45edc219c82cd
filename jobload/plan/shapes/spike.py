"""A calm baseline, a sudden peak, and the baseline's load again to see the recovery."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from jobload.plan.duration import Duration, DurationOrZero, format_duration
from jobload.plan.field_types import Rate, Users
from jobload.plan.scenario_fields import Question, Scenario
from jobload.plan.stage import Stage, hold, ramp
from jobload.plan.strict_model import StrictModel


class Baseline(StrictModel):
    users: Users
    """How many operations may be in flight at once."""
    rate: Rate | None = None
    """Arrivals a second of all users together; none: closed model."""
    duration_s: Annotated[Duration, Field(alias="duration")]
    """How long it lasts."""


class Spike(Scenario):
    asks: ClassVar[Question] = "recovery"
    shape: Literal["spike"] = "spike"
    users: Users
    """How many operations may be in flight at once in the spike."""
    peak_rate: Annotated[Rate | None, Field(alias="rate")] = None
    """Arrivals a second of all users together in the spike; none: closed model."""
    duration_s: Annotated[Duration, Field(alias="duration")]
    """Baseline, ramp, spike and recovery together."""
    baseline: Baseline
    """The calm load before the spike, and after it."""
    ramp_up_s: Annotated[DurationOrZero, Field(alias="ramp_up")] = 0.0
    """How long users grow from those of the baseline."""
    recovery_s: Annotated[Duration, Field(alias="recovery")]
    """How long the load of the baseline is made again."""

    def stages(self) -> tuple[Stage, ...]:
        calm = self.baseline
        return (
            hold("baseline", calm.duration_s, calm.users, calm.rate),
            *ramp("ramp-up", self.ramp_up_s, (calm.users, self.users), self.peak_rate),
            hold("spike", self._spike_s, self.users, self.peak_rate),
            hold("recovery", self.recovery_s, calm.users, calm.rate),
        )

    def without_rate(self) -> Self:
        calm = self.baseline.model_copy(update={"rate": None})
        return self.model_copy(update={"peak_rate": None, "baseline": calm})

    @property
    def _around_s(self) -> float:
        return self.baseline.duration_s + self.ramp_up_s + self.recovery_s

    @property
    def _spike_s(self) -> float:
        return self.duration_s - self._around_s

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self._spike_s <= 0:
            yield (
                "duration",
                f"{format_duration(self.duration_s)} leaves nothing for the spike: baseline,"
                f" ramp_up and recovery take {format_duration(self._around_s)} of it",
            )
        if self.users < self.baseline.users:
            yield (
                "users",
                f"a spike of {self.users} users is lower than its baseline of"
                f" {self.baseline.users}",
            )
        if (self.peak_rate is None) != (self.baseline.rate is None):
            without = "baseline" if self.baseline.rate is None else "spike"
            yield "", f"the {without} has no rate; give one to both baseline and spike, or to none"
