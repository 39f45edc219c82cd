"""Users of somebody's own in one process, with a rate or without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from one_process import closed

if TYPE_CHECKING:
    from .played import Played


@pytest.fixture
def paced() -> Iterator[Played]:
    from .played import SLOWLY, Played  # which hooks into Locust

    played = Played(SLOWLY)
    yield played
    played.end()


@pytest.fixture
def looped() -> Iterator[Played]:
    from .played import Played

    played = Played(closed())
    yield played
    played.end()
