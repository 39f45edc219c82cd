"""What every scenario has, whatever its shape."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator
from pydantic.json_schema import SkipJsonSchema

from jobload.plan.duration import Timeout
from jobload.plan.expect import Expect
from jobload.plan.field_types import Name, PayloadBytes
from jobload.plan.flow.data import Data
from jobload.plan.flow.step import Flow, Step, Steps, check_own_name
from jobload.plan.headers import Headers
from jobload.plan.request import WITHOUT_BODY, check_endpoint, check_method
from jobload.plan.retry_settings import Retry
from jobload.plan.shapes.capacity_search import Search
from jobload.plan.stage import Stage
from jobload.plan.strict_model import FileName, StrictModel
from jobload.plan.tls import Tls

RETRIES = 3
PAYLOAD_BYTES = 1024
FLOW_USER = "FlowUser"
"""The user class that does what `steps` and `flows` say."""
ONE_REQUEST = frozenset({"JobSubmitter", "JobFollower"})
"""User classes whose operation is the scenario's one request."""
NEVER_FOLLOW = frozenset({"JobSubmitter", "JobWatcher", FLOW_USER})
"""A user class of somebody's own may follow its jobs."""

RETRY_FIRST_PAUSE_S = 0.1
"""Before the first retry; doubled for each one more."""
Weight = Annotated[int | float, Field(gt=0, allow_inf_nan=False)]
Ready = Annotated[str, BeforeValidator(check_endpoint)] | None
OF_ONE_REQUEST = ("method", "endpoint", "payload", "payload_bytes", "expect")
"""The short form of a flow of one step; with `steps` they would say nothing."""


class PayloadFile(StrictModel):
    file: FileName
    """A file of JSON lines, one request body each."""


Question = Literal["nothing", "breaking point", "drift", "recovery", "capacity"]


class Scenario(StrictModel):
    asks: ClassVar[Question] = "nothing"
    """What its shape finds out, besides whether the checks hold."""
    name: SkipJsonSchema[Name]
    shape: str
    method: Annotated[str, AfterValidator(check_method)] = "POST"
    """Of the request, in capitals."""
    endpoint: Annotated[str, BeforeValidator(check_endpoint)] = "/api/v1/jobs"
    """The path of the request, with its query; the host comes from --host."""
    headers: Headers = Field(default_factory=dict)
    """Values may hold ${NAME}, which is taken from the environment and never shown."""
    timeout_s: Annotated[Timeout, Field(alias="timeout")] = 30.0
    """For each attempt."""
    retries: Annotated[int, Field(ge=0, le=10)] = RETRIES
    """How often a request is tried again after a network error, a timeout or a 5xx."""
    retry: Retry | None = None
    """Other rules for what is tried again, and when."""
    arrivals: Literal["even", "poisson"] = "even"
    """How arrivals are spaced: evenly, or at random as those of many strangers are."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Of everything random, such as Poisson arrivals."""
    users_mix: dict[str, Weight] = Field(default={"JobSubmitter": 1}, min_length=1)
    """Names of Locust user classes, each with its share of the users; by default, where the
    locustfile has users of its own, those and their weights."""
    tls: Tls | None = None
    """Certificates for an https target, where the system's are not the right ones."""
    ready: Ready = None
    """A path that must answer 2xx or 3xx before any load is sent."""
    payload: PayloadFile | None = None
    """Bodies for another API, instead of the job payload."""
    payload_bytes: PayloadBytes = PAYLOAD_BYTES
    """Length of args.data in the job payload; the body is about 120 bytes longer."""
    data: Data = Field(default_factory=dict)
    """Files of rows, each with the name by which templates take its columns."""
    expect: Expect = Expect()
    """What makes an operation a success."""
    completion_timeout_s: Annotated[Timeout | None, Field(alias="completion_timeout")] = None
    """How long a JobFollower waits for a job to reach its final state; by default `timeout`."""
    audit: bool | None = None
    """Whether the target is asked afterwards what it has stored; by default the embedded one is."""
    variables: dict[Annotated[str, AfterValidator(check_own_name)], JsonValue] = Field(
        default_factory=dict
    )
    """By name, for {{ }}. One that holds {{ }} itself is made anew for each operation."""
    steps: Steps | None = None
    """The requests of one operation, in their order, instead of one request."""
    flows: Annotated[dict[Name, Flow] | None, Field(min_length=1)] = None
    """Where users do different things: each with its steps and its weight."""
    operation_timeout_s: Annotated[Timeout | None, Field(alias="operation_timeout")] = None
    """For all steps of an operation and their pauses; past it, it has failed. By default none."""

    def stages(self) -> tuple[Stage, ...]:
        raise NotImplementedError

    def without_rate(self) -> Self:
        """The same scenario as a closed model."""
        raise NotImplementedError

    def search(self) -> Search | None:
        """How its stages are found while it runs; None where `stages` are all of them."""
        return None

    def stages_of(self, search: Search) -> tuple[Stage, ...]:
        """Those in which it tries its next rate."""
        raise NotImplementedError

    @property
    def shortest_judged_s(self) -> float | None:
        """Of stages that are not known yet; None where `stages` are all of them."""
        return None

    @model_validator(mode="before")
    @classmethod
    def _users_for_steps(cls, said: Any) -> Any:
        if isinstance(said, dict) and (said.get("steps") or said.get("flows")):
            return {"users_mix": {FLOW_USER: 1}} | said
        return said

    @property
    def all_flows(self) -> dict[str, Flow]:
        """By name; the steps of a scenario without `flows` go by its own."""
        if self.steps is not None:
            return {self.name: Flow(steps=self.steps)}
        return self.flows or {}

    @property
    def all_steps(self) -> list[Step]:
        return [step for flow in self.all_flows.values() for step in flow.steps]

    @property
    def step_names(self) -> tuple[str, ...] | None:
        """Of all steps, where nothing but the plan says what is done; else None."""
        if self.users_mix.keys() != {FLOW_USER}:
            return None
        return self.labels_of_steps

    @property
    def labels_of_steps(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.label for step in self.all_steps if step.pause is None))

    @property
    def told_names(self) -> frozenset[str] | None:
        """All that flows and steps can be called, where nothing but the plan says what is done."""
        if (steps := self.step_names) is None:
            return None
        return frozenset({FLOW_USER, *self.all_flows, *steps})

    @property
    def retry_times(self) -> int:
        times = self.retry.times if self.retry is not None else None
        return self.retries if times is None else times

    def contradictions(self) -> Iterator[tuple[str, str]]:
        if self.retries not in (RETRIES, self.retry_times):
            yield "retry", self._two_counts
        if self.steps is not None and self.flows is not None:
            yield "flows", "beside steps; make the steps one more flow"
        if self.all_flows:
            yield from self._idle_beside_steps()
        elif FLOW_USER in self.users_mix:
            yield "users_mix", f"{FLOW_USER} does what steps or flows say, and there are none"

    def _idle_beside_steps(self) -> Iterator[tuple[str, str]]:
        fields = type(self).model_fields
        if FLOW_USER not in self.users_mix:
            yield "users_mix", f"has no {FLOW_USER}, so nobody does the steps"
        if {FLOW_USER} != self.users_mix.keys():
            return  # another user may read them
        if self.audit:
            yield "audit", "compares the keys of a scenario of one request; take it out"
        for name in OF_ONE_REQUEST:
            if getattr(self, name) != fields[name].default:
                yield name, "is of a scenario of one request; say it in a step"

    @property
    def _two_counts(self) -> str:
        return f"times is {self.retry_times}, and retries is {self.retries}; give one"

    def idle(self) -> Iterator[tuple[str, str]]:
        """What says nothing beside the rest of the scenario and its users, as it is written."""
        users = self.users_mix.keys()
        if self.retries != self.retry_times:
            yield "retries", self._two_counts
        if self.retries == 0 and not any(step.retries for step in self.all_steps):
            yield "retry", "says when to try again, and retries is 0; raise it, or take this out"
        if self.arrivals != "even" and self.rate is None:
            yield "arrivals", "are spaced where there is a rate; give one, or take it out"
        for name in ("payload", "payload_bytes"):
            if self.method in WITHOUT_BODY:
                yield name, f"{self.method} sends no body; take it out, or write steps"
        if self.payload is not None:
            yield "payload_bytes", "is of the job payload, and payload is sent; give one"
        if users <= ONE_REQUEST:
            yield "operation_timeout", "is of steps; one request has timeout and retries"
        if users <= NEVER_FOLLOW:
            yield (
                "completion_timeout",
                "is of a JobFollower, and users_mix has none; a poll has its own timeout",
            )

    @property
    def rate(self) -> float | None:
        """The highest rate offered; None for the closed model."""
        rates = [stage.rate for stage in self.stages() if stage.rate is not None]
        return max(rates, default=None)

    @property
    def most_users(self) -> int:
        return max(max(stage.users_from, stage.users_to) for stage in self.stages())

    @property
    def drain_s(self) -> float:
        """How long what is in flight may take when the scenario ends: all attempts of an operation,
        the pauses between them, and its job, where that is followed."""
        times = self.retry_times
        pauses_s = RETRY_FIRST_PAUSE_S * (2.0**times - 1)
        if self.retry is not None and self.retry.after == "server":
            pauses_s = max(pauses_s, times * self.timeout_s)  # a longer one is not obeyed
        attempts_s = (times + 1) * self.timeout_s + pauses_s
        if self.all_flows:
            return self._longest_operation_s(pauses_s)
        follows = "JobFollower" in self.users_mix or self.completion_timeout_s is not None
        return attempts_s + (self.completion_timeout_s or self.timeout_s if follows else 0.0)

    def _longest_operation_s(self, pauses_s: float) -> float:
        longest_s = max(
            sum(step.longest_s(self.timeout_s, self.retry_times) + pauses_s for step in flow.steps)
            for flow in self.all_flows.values()
        )
        if self.operation_timeout_s is None:
            return longest_s
        return min(longest_s, self.operation_timeout_s)

    @property
    def total_s(self) -> float:
        return sum(stage.duration_s for stage in self.stages())

    def dump(self) -> dict[str, JsonValue]:
        """Plain data that `load_scenario` reads back into an equal scenario."""
        dumped: dict[str, Any] = self.model_dump(mode="json")
        return dumped
