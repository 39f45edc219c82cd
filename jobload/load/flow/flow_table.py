"""The flows of a scenario, made ready once for all users of a process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobload.load.flow.filling import Filling, Value
from jobload.load.flow.reply_reading import Captures, Expectation, Outcome
from jobload.load.flow.request_writer import RequestWriter
from jobload.load.flow.scope import Scope
from jobload.load.flow.turns import turns
from jobload.load.http.origin import Origin
from jobload.load.users.retry_policy import RetryPolicy
from jobload.plan.flow.sources import sources_of_steps, sources_of_users, sources_of_variables
from jobload.plan.flow.step import Step, pause_bounds
from jobload.plan.flow.template import names_in, texts
from jobload.plan.scenario import Scenario


class ReadyStep:
    """A step with all that can be known before it is sent."""

    def __init__(
        self,
        step: Step,
        scenario: Scenario,
        origin: Origin,
        headers: Mapping[str, str],
        filling: Filling,
        of_variables: Sequence[str],
    ) -> None:
        poll = step.poll
        self.sources = [*dict.fromkeys([*of_variables, *sources_of_steps([step])])]
        """Of rows that may go out with it."""
        self.method, self.path, self.label = step.method, step.path, step.label
        self.reuse_s = step.reuse_s
        self.content = step.model_dump_json()
        """The same in each flow that has this step."""
        self.timeout_s = scenario.timeout_s if step.timeout_s is None else step.timeout_s
        retry = RetryPolicy.of(scenario)
        self.retry = retry if step.retries is None else replace(retry, times=step.retries)
        self.writer = RequestWriter(step, origin, headers, filling)
        named = frozenset[int]() if poll is None else poll.statuses
        self.good = step.expect.status
        self.expectation = Expectation(step.expect, named, filling)
        self.captures = Captures(step.capture)
        self.poll = poll
        self.until = Outcome(poll.until if poll is not None else None, filling)
        self.failed = Outcome(poll.fail if poll is not None else None, filling)


@dataclass(frozen=True, slots=True)
class Pause:
    shortest_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class ReadyFlow:
    name: str
    steps: list[ReadyStep | Pause]
    sources: list[str]
    """Of rows that its texts name."""


class FlowTable:
    def __init__(
        self,
        scenario: Scenario,
        origin: Origin,
        headers: Mapping[str, str],
        environ: Mapping[str, str],
        process: int,
    ) -> None:
        filling = Filling(environ)
        flows = scenario.all_flows
        self.scenario = scenario
        self.process = process
        self.origin = origin
        self.constants: dict[str, Any] = {}
        self.made: list[tuple[str, Value]] = []
        """Variables that are made anew for each operation."""
        self.made_of_rows: list[str] = []
        nobody = Scope("", 0, process, scenario.seed)  # whom a constant does not ask
        for name, said in scenario.variables.items():
            value, found = filling.tree(said), [text for _, text in texts((), said)]
            if any("{{" in text for text in found):
                self.made.append((name, value))
                if any(each.source or each.text in self.made_of_rows for each in names_in(found)):
                    self.made_of_rows.append(name)
            else:
                self.constants[name] = value(nobody)
        self.sources_of_users = sources_of_users(scenario)
        of_variables = sources_of_variables(scenario.variables)
        self.flows = [
            ReadyFlow(
                name,
                [
                    Pause(*pause_bounds(step.pause))
                    if step.pause is not None
                    else ReadyStep(step, scenario, origin, headers, filling, of_variables)
                    for step in flow.steps
                ],
                [*dict.fromkeys([*of_variables, *sources_of_steps(flow.steps)])],
            )
            for name, flow in flows.items()
        ]
        self._turns = turns([flow.weight for flow in flows.values()], process)
        self.has_choice = len(flows) > 1

    def next(self) -> ReadyFlow:
        return self.flows[next(self._turns)]
