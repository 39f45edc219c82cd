"""The values that the texts of one operation are filled in with."""

from __future__ import annotations

from random import Random
from typing import Any

from jobload.load.rows.row import Row


class Scope:
    """Of one user: `values` has variables and captures by name, `rows` the row of each source; both
    are new in each operation."""

    __slots__ = ("count", "random", "rows", "start", "user", "values", "worker")

    def __init__(self, start: str, user: int, worker: int, seed: int) -> None:
        self.start = start
        """Of what is unique; its count completes it."""
        self.user = user
        self.worker = worker
        self.random = Random(f"{seed}-{user}")
        self.count = 0
        self.values: dict[str, Any] = {}
        self.rows: dict[str, Row] = {}

    def unique(self) -> str:
        self.count += 1
        return f"{self.start}-{self.count}"
