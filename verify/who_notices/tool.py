"""One of the tools that are compared: how it is had, asked and understood."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from verify.who_notices.claim import Claim
from verify.who_notices.job import Job


class Tool(ABC):
    """`model`: open (arrivals) or closed (users that wait), as it is used here.
    `limits`: how its documentation lets a run fail by them; empty where it has none.
    `with_workers`: it can spread one run over processes that may be lost."""

    name: ClassVar[str]
    version: ClassVar[str]
    model: ClassVar[str]
    limits: ClassVar[str] = ""
    with_workers: ClassVar[bool] = False
    on_libc: ClassVar[bool] = True
    """It takes the time from libc, so that a stepped clock reaches it."""

    @abstractmethod
    def command(self, job: Job, folder: Path) -> list[str]:
        """Writes its files into the folder. Raises NotHereError."""

    @abstractmethod
    def claim(self, folder: Path, output: str) -> Claim:
        """From its files and what it printed; what can't be found stays None."""
