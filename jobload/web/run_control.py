"""What the pages ask of the process that leads the runs; `jobload.lifecycle` answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jobload.live.live_run import LiveRun


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
