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
    host: str
    """The target of the command line, or the embedded one."""
    results_dir: Path
    scenario_names: Sequence[str]
    suite_names: Sequence[str]

    @property
    def run(self) -> LiveRun | None:
        """The one that goes on, or was the last to."""
        ...

    @property
    def is_busy(self) -> bool: ...

    @property
    def shown_host(self) -> str:
        """The target of the run."""
        ...

    def start(self, request: StartRequest) -> str | None:
        """Begins a run; or one sentence on why not, and nothing has changed."""
        ...
