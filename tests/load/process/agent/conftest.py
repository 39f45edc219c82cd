"""One process in a run, whose master is the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from one_process import OneProcess, wait_until
from scripted_api import CREATED, ScriptedApi, Silence

FIRST, SECOND = (0, 0), (0, 1)


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    started = ScriptedApi(CREATED)
    yield started
    started.close()


@pytest.fixture
def process(api: ScriptedApi) -> Iterator[OneProcess]:
    started = OneProcess(api.url)
    yield started
    started.end()


@pytest.fixture
def silent_api() -> Iterator[ScriptedApi]:
    started = ScriptedApi(Silence())
    yield started
    started.close()


@pytest.fixture
def stuck(silent_api: ScriptedApi) -> Iterator[OneProcess]:
    """A process with one request in flight that is never answered."""
    started = OneProcess(silent_api.url)
    started.say("load")
    started.add()
    wait_until(lambda: silent_api.requests)
    yield started
    started.end()
