"""One row, as an operation takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RowsSpent(Exception):  # noqa: N818  # a state of affairs that an operation meets
    """No row is left for the operation."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is as people count: from 1, below the header."""

    source: str
    number: int
    values: Mapping[str, Any]
