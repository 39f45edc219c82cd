"""Which sources of rows the templates of a part of the plan name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from jobload.plan.flow.step import Step
from jobload.plan.flow.template import names_in, texts


def sources_of_steps(steps: Iterable[Step]) -> list[str]:
    """In the order in which they are first named."""
    return _named(text for step in steps for _, text in step.filled())


def sources_of_variables(variables: Mapping[str, JsonValue]) -> list[str]:
    return _named(text for _, text in texts((), variables))


def _named(found: Iterable[str]) -> list[str]:
    return [*dict.fromkeys(name.source for name in names_in(found) if name.source is not None)]
