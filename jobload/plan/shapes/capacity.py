"""Looks for the highest rate that passes; which rates it tries shows only while it runs."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from jobload.plan.duration import Duration, DurationOrZero, format_duration
from jobload.plan.field_types import Rate, Users
from jobload.plan.problem import shown
from jobload.plan.scenario_fields import Question, Scenario
from jobload.plan.shapes.capacity_search import Search, if_all_passes
from jobload.plan.stage import Stage

MOST_DRAIN_S = 5.0
"""How much longer than its requests a drain may take, until all processes have told of it."""
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)
_FINEST, _COARSEST = 0.005, 1.0


def _read_precision(value: Any) -> float:
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        share = float(Decimal(match[1]) / 100)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        share = float(value)
    else:
        raise ValueError(f"expected a share such as 10% or 0.1, not {shown(value)}")
    if not _FINEST <= share <= _COARSEST:
        raise ValueError(f"expected a share from 0.5% to 100%, not {value}")
    return share


def _percent_text(share: float) -> str:
    return f"{(Decimal(repr(share)) * 100).normalize():f}%"


Precision = Annotated[
    float,
    BeforeValidator(_read_precision),
    PlainSerializer(_percent_text, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"},
                {"type": "number", "minimum": _FINEST, "maximum": _COARSEST},
            ]
        }
    ),
]


class Capacity(Scenario):
    asks: ClassVar[Question] = "capacity"
    shape: Literal["capacity"] = "capacity"
    users: Users
    """How many operations may be in flight at once; all users run the whole time."""
    start_rate: Rate
    """Arrivals a second of all users together in the first step; doubled until a step fails."""
    max_rate: Rate
    """The search goes no higher."""
    step_s: Annotated[Duration, Field(alias="step")] = 10.0
    """Length of each step; includes its settling."""
    settle_s: Annotated[DurationOrZero, Field(alias="settle")] = 2.0
    """The start of each step, and of the hold, that does not count."""
    precision: Precision = 0.1
    """How far the last rate that passes and the first that fails may lie apart: 0.1 or 10%."""
    hold_s: Annotated[Duration, Field(alias="hold")] = 30.0
    """How long the last rate that passes must hold in the end."""

    def search(self) -> Search:
        return Search.begin(self.start_rate, self.max_rate, self.precision)

    def stages_of(self, search: Search) -> tuple[Stage, ...]:
        """Those in which the search tries its next rate. The last is a drain that ends as soon as
        nothing is in flight, so that all replies count and the next try finds a target at rest."""
        limit_s = self.drain_s + MOST_DRAIN_S
        drain = Stage(f"drain-{search.label}", limit_s, self.users, self.users, 0.0, judged=False)
        return (*self._try(search), drain)

    def stages(self) -> tuple[Stage, ...]:
        """As they are if no step fails, without the drains."""
        return tuple(stage for s in if_all_passes(self.search()) for stage in self._try(s))

    @property
    def shortest_judged_s(self) -> float:
        return min(self.step_s - self.settle_s, self.hold_s)

    def _try(self, search: Search) -> Iterator[Stage]:
        probe = search.probe
        assert probe is not None
        per_user = probe.rate / self.users
        if self.settle_s:
            name = f"settle-{search.label}"
            yield Stage(name, self.settle_s, self.users, self.users, per_user, judged=False)
        is_hold = probe.phase == "hold"
        usual_s = self.hold_s if is_hold else self.step_s - self.settle_s
        length_s = usual_s * probe.times
        yield Stage(search.stage, length_s, self.users, self.users, per_user, judged=is_hold)

    def without_rate(self) -> Self:
        raise ValueError(f"{self.name} searches for a rate, so it can't do without one")

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self.settle_s >= self.step_s:
            yield (
                "settle",
                f"{format_duration(self.settle_s)} leaves nothing of the step of"
                f" {format_duration(self.step_s)}, which includes it",
            )
        if self.max_rate < self.start_rate:
            yield "max_rate", f"{self.max_rate:g} is lower than the start_rate, {self.start_rate:g}"
