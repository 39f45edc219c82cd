"""A run as it is seen from outside while it goes on; `jobload.lifecycle` has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from jobload.judge.checks.window_log import WindowLog
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.measure.collector import Collector
from jobload.measure.figures import RunFigures
from jobload.measure.observed_series import ObservedSeries
from jobload.plan.scenario import Scenario
from jobload.report.result.model import Result


class Plan(Protocol):
    @property
    def scenarios(self) -> Sequence[Scenario]: ...

    @property
    def checks(self) -> Mapping[str, Sequence[CheckSpec]]: ...


class Flag(Protocol):
    def is_set(self) -> bool: ...


class LiveRun(Protocol):
    """One run, while it goes on and after; `result` is there once its verdict stands."""

    @property
    def id(self) -> str: ...

    @property
    def setup(self) -> Plan: ...

    @property
    def position(self) -> int:
        """Of the scenario that runs; -1 before the first."""
        ...

    @property
    def stage_index(self) -> int: ...

    @property
    def phase(self) -> str: ...

    @property
    def elapsed_s(self) -> float: ...

    @property
    def result(self) -> Result | None: ...

    @property
    def over(self) -> Flag:
        """Set when its reports are written as well, or could not be."""
        ...

    @property
    def collector(self) -> Collector: ...

    @property
    def observed(self) -> Mapping[str, ObservedSeries]: ...

    @property
    def window_log(self) -> WindowLog: ...

    def figures(self) -> RunFigures: ...


class RunSource(Protocol):
    @property
    def run(self) -> LiveRun | None:
        """The one that goes on, or was the last to."""
        ...
