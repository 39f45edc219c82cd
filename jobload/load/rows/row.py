"""One row, as an operation takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class RowsSpent(Exception):  # noqa: N818  # a state of affairs that an operation meets
    """No row is left for the operation. `is_surplus`: each was used for another one, and there were
    enough for all that is planned."""

    def __init__(self, sentence: str, *, is_surplus: bool = False) -> None:
        super().__init__(sentence)
        self.is_surplus = is_surplus


class Row(NamedTuple):
    """`number` is as people count: from 1, below the header."""

    source: str
    number: int
    values: Mapping[str, Any]
