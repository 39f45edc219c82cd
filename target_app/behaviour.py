"""How the target can be told to misbehave. Strict: a test that relies on it gets what it asks."""

from itertools import pairwise
from math import inf
from random import Random
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Milliseconds = Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Duration(_Model):
    """Exactly one of the three."""

    ms: Milliseconds | None = None
    exponential_mean_ms: Milliseconds | None = None
    # [[0.9, 20], [1, 100]]: nine of ten take 20 ms, the others 100.
    quantiles: list[tuple[Share, Milliseconds]] | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("exactly one of ms, exponential_mean_ms, quantiles is needed")
        if self.quantiles is not None:
            shares = [0.0] + [share for share, _ in self.quantiles]
            if any(later <= earlier for earlier, later in pairwise(shares)) or shares[-1] != 1:
                raise ValueError("the quantiles must increase and end with 1")
        return self

    def draw_s(self, random: Random) -> float:
        if self.quantiles is not None:
            position = random.random()
            return next(ms for share, ms in self.quantiles if position < share) / 1000
        if self.exponential_mean_ms is not None:
            return random.expovariate(1) * self.exponential_mean_ms / 1000
        return (self.ms or 0) / 1000


class Queue(_Model):
    """Accepts everything and serves in order of arrival."""

    service: Duration
    servers: Annotated[int, Field(ge=1, le=10_000)] = 1
    max_waiting: Annotated[int, Field(ge=0)] | None = None  # more are refused with 503


class Limit(_Model):
    """What exceeds the rate is refused with 503 and Retry-After."""

    per_s: Positive
    burst: Annotated[int, Field(ge=1)] = 1


class ErrorRate(_Model):
    status: Annotated[int, Field(ge=400, le=599)]
    share: Share


class Stalls(_Model):
    """Time stands still for `for_s`, first after `first_s` (default: `every_s`)."""

    every_s: Positive
    for_s: Positive
    first_s: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _ends_before_the_next(self) -> Self:
        if self.for_s >= self.every_s:
            raise ValueError("for_s must be shorter than every_s")
        return self


class Drops(_Model):
    """Connections that end without an answer."""

    before: Share = 0.0  # the request has no effect
    after: Share = 0.0  # the job is stored, the reply is cut


class Busy(_Model):
    """One route computes, and nothing else is served meanwhile; from `after_s` on, for `for_s`."""

    method: Literal["GET", "POST", "DELETE"]
    path: Annotated[str, Field(pattern="^/api/")]  # one that ends with / stands for all below it
    ms: Milliseconds
    after_s: Annotated[float, Field(ge=0)] = 0.0
    for_s: Positive | None = None

    def is_about(self, method: str, path: str, at_s: float) -> bool:
        here = path == self.path or (self.path.endswith("/") and path.startswith(self.path))
        until_s = inf if self.for_s is None else self.after_s + self.for_s
        return here and method == self.method and self.after_s <= at_s < until_s


class Behaviour(_Model):
    """Applies to /api/ only. Each part draws from a random stream of its own, from one seed."""

    seed: int = 0
    latency: Duration | None = None
    queue: Queue | None = None
    limit: Limit | None = None
    errors: list[ErrorRate] = []
    stalls: Stalls | None = None
    drops: Drops = Drops()
    busy: list[Busy] = []

    @model_validator(mode="after")
    def _shares_of_one_whole(self) -> Self:
        if sum(error.share for error in self.errors) > 1:
            raise ValueError("the shares of all errors together exceed 1")
        if self.drops.before + self.drops.after > 1:
            raise ValueError("the shares of both drops together exceed 1")
        return self

    def random(self, part: str) -> Random:
        return Random(f"{self.seed}:{part}")


def read_behaviour(text: str | bytes) -> Behaviour:
    """ValueError says where and why it can't be used."""
    try:
        return Behaviour.model_validate_json(text)
    except ValidationError as error:
        raise ValueError("; ".join(_reason(problem) for problem in error.errors())) from None


def _reason(problem: Any) -> str:
    place = ".".join(map(str, problem["loc"]))
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
