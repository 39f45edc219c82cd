"""Stages written out one by one."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field

from jobload.plan.duration import Duration
from jobload.plan.field_types import MAX_USERS, Name, Rate
from jobload.plan.scenario_fields import Scenario
from jobload.plan.stage import Stage
from jobload.plan.strict_model import StrictModel

UsersOrNone = Annotated[int, Field(ge=0, le=MAX_USERS)]


class StagePlan(StrictModel):
    name: Name
    """By which checks and reports know it."""
    duration_s: Annotated[Duration, Field(alias="duration")]
    """How long it lasts."""
    users: UsersOrNone
    """At the end of the stage."""
    users_from: UsersOrNone | None = None
    """At its start, when that differs: the stage is then a ramp."""
    rate: Rate | None = None
    """Arrivals a second of all users together at the stage's larger number; none: closed model."""
    judged: bool | None = None
    """By default holds are judged and ramps are not."""

    def stage(self) -> Stage:
        start = self.users if self.users_from is None else self.users_from
        judged = start == self.users if self.judged is None else self.judged
        per_user = None if self.rate is None else self.rate / max(start, self.users)
        return Stage(self.name, self.duration_s, start, self.users, per_user, judged)

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if max(self.users, self.users_from or 0) == 0:
            yield "users", "a stage needs users, at its start or at its end"


class Staged(Scenario):
    shape: Literal["staged"] = "staged"
    plan: Annotated[
        tuple[StagePlan, ...], Field(alias="stages", min_length=1, max_length=1000, strict=False)
    ]
    """In the order in which they run."""

    def stages(self) -> tuple[Stage, ...]:
        return tuple(part.stage() for part in self.plan)

    def without_rate(self) -> Self:
        plan = tuple(part.model_copy(update={"rate": None}) for part in self.plan)
        return self.model_copy(update={"plan": plan})

    def contradictions(self) -> Iterator[tuple[str, str]]:
        names = [part.name for part in self.plan]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                yield "stages", f"two stages are called {name}; each needs a name of its own"
        without = [part.name for part in self.plan if part.rate is None]
        if 0 < len(without) < len(self.plan):
            yield "stages", f"stage {without[0]} has no rate; give one to all stages or to none"
        if not any(stage.judged for stage in self.stages()):
            yield "stages", "no stage is judged; one needs a constant number of users"
