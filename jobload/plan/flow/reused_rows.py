"""Rows that a login and what comes after it both take: the login is kept, and the row is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic import JsonValue

from jobload.plan.flow.step import Step
from jobload.plan.flow.template import names_in, texts
from jobload.plan.problem import Path, key_text
from jobload.plan.scenario import Scenario


def reused_rows(scenario: Scenario) -> Iterator[str]:
    """A sentence on the first step of each flow that takes a column as a reused one does."""
    for flow_name, flow in scenario.all_flows.items():
        at: Path = ("steps",) if scenario.steps is not None else ("flows", flow_name, "steps")
        kept: dict[str, Step] = {}
        for index, step in enumerate(flow.steps):
            written = [text for _, text in step.filled()]
            for column in dict.fromkeys(_columns(written, scenario.variables)):
                if step.reuse_s is not None:
                    kept.setdefault(column, step)
                elif (login := kept.pop(column, None)) is not None:
                    yield (
                        f"{key_text((*at, index))}: takes {column}, as {login.label} does, which is"
                        " reused: that stays, and each operation has another row; capture from a"
                        " reply what must be of the same"
                    )


def _columns(written: Iterable[str], variables: Mapping[str, JsonValue]) -> Iterator[str]:
    """Those of variables, too."""
    for name in names_in(written):
        if name.source is not None:
            yield name.text
        elif name.text in variables:
            yield from _columns((text for _, text in texts((), variables[name.text])), variables)
