"""What the pages ask of the process that leads the runs; `jobload.lifecycle` answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jobload.judge.checks.window_log import WindowLog
from jobload.judge.thresholds.check_spec import CheckSpec
from jobload.measure.collector import Collector
from jobload.measure.figures import RunFigures
from jobload.measure.observed_series import ObservedSeries
from jobload.plan.scenario import Scenario
from jobload.report.result.model import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What the start form asks for; nothing of it is in force before the leader has accepted it."""

    host: str
    scenario: str | None = None
    suite: str | None = None
    no_rate: bool = False
    profile_only: bool = False
    baseline: Path | None = None
    users: int | None = None
    spawn_rate: float | None = None
    run_time_s: int | None = None
    rate: str | None = None
    user_classes: tuple[str, ...] = ()
    shape_class: str | None = None


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


class RunControl(Protocol):
    @property
    def run(self) -> LiveRun | None:
        """The one that goes on, or was the last to."""
        ...

    @property
    def is_busy(self) -> bool: ...

    @property
    def host(self) -> str:
        """The target of the command line, or the embedded one."""
        ...

    @property
    def shown_host(self) -> str:
        """The target of the run."""
        ...

    @property
    def results_dir(self) -> Path: ...

    @property
    def scenario_names(self) -> Sequence[str]: ...

    @property
    def suite_names(self) -> Sequence[str]: ...

    def start(self, request: StartRequest) -> str | None:
        """Begins a run; or one sentence on why not, and nothing has changed."""
        ...
