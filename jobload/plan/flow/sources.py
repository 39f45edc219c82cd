"""The sources of a run: a file is one, however many scenarios use it and whatever they call it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal, NamedTuple

from jobload.plan.flow.data import DataSource
from jobload.plan.scenario import Scenario


class SourceKey(NamedTuple):
    file: str
    each: Literal["loop", "once", "random"]


def key_of(source: DataSource) -> SourceKey:
    return SourceKey(os.path.normpath(source.file), source.each)


def sources_of(scenarios: Sequence[Scenario]) -> list[SourceKey]:
    """In the order in which they are first named, which numbers them in messages."""
    named = [key_of(source) for scenario in scenarios for source in scenario.data.values()]
    return [*dict.fromkeys(named)]
