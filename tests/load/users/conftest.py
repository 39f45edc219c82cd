"""Brings users and a jobs API together: a real server on loopback, whose answers a test chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest
from one_process import OneProcess, scenario, wait_until
from scripted_api import Answer, Request, ScriptedApi

from jobload.load.users import retry_policy as retry
from jobload.plan.scenario import Scenario

JOBS = "/api/v1/jobs"


class Meet(Protocol):
    def __call__(
        self,
        *answers: Answer,
        plan: Scenario | None = None,
        then: Scenario | None = None,
        script: Callable[[Request], Answer] | None = None,
        environ: dict[str, str] | None = None,
    ) -> tuple[OneProcess, ScriptedApi]: ...


@pytest.fixture
def meet() -> Iterator[Meet]:
    """A process whose first stage is open, and the API it aims at."""
    with ExitStack() as stack:

        def start(
            *answers: Answer,
            plan: Scenario | None = None,
            then: Scenario | None = None,
            script: Callable[[Request], Answer] | None = None,
            environ: dict[str, str] | None = None,
        ) -> tuple[OneProcess, ScriptedApi]:
            api = ScriptedApi(*answers, script=script)
            stack.callback(api.close)
            plans = [plan or scenario(), *([then] if then else [])]
            process = OneProcess(api.url, *plans, environ=environ)
            stack.callback(process.end)
            process.say("load")
            return process, api

        yield start


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRY_FIRST_PAUSE_S", 0.001)


def one_operation(process: OneProcess) -> None:
    """Until the first operation has ended, and lets no other begin."""
    wait_until(lambda: process.record().started)
    process.close_stage()
    wait_until(lambda: process.ended() == process.record().started)
    process.run.flush()
