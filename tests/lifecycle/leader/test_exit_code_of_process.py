"""Two may judge a run, jobload and its locustfile: the worse of their exit codes stands."""

from __future__ import annotations

import pytest
from locust.env import Environment

from jobload.judge.exit_code import FAILED, INVALID, PASSED
from jobload.lifecycle.leader.exit_code_of_process import ExitCodeOfProcess


def process(verdict: int) -> tuple[Environment, ExitCodeOfProcess]:
    environment = Environment()
    code = ExitCodeOfProcess(environment)
    code.idle()
    code.run_begins()
    assert environment.process_exit_code == INVALID
    code.run_ends(verdict)
    return environment, code


@pytest.mark.parametrize(
    ("verdict", "theirs", "stands"),
    [
        (PASSED, 1, 1),
        (PASSED, 42, 42),
        (PASSED, 0, 0),
        (FAILED, 0, FAILED),
        (FAILED, 42, FAILED),
        (INVALID, 0, INVALID),
        (INVALID, 1, INVALID),
    ],
)
def test_what_is_set_after_the_verdict(verdict: int, theirs: int, stands: int) -> None:
    environment, code = process(verdict)
    environment.process_exit_code = theirs
    told = code.settle(0)
    assert environment.process_exit_code == stands
    assert (told is None) == (theirs == verdict)
    if told is not None:
        assert f"{stands} stands" in told


def test_what_was_set_before_the_verdict_is_not_forgotten() -> None:
    environment = Environment()
    code = ExitCodeOfProcess(environment)
    code.run_begins()
    environment.process_exit_code = 7
    code.run_ends(PASSED)
    assert code.settle(0) == "The locustfile sets exit code 7, the verdict 0; 7 stands."
    assert environment.process_exit_code == 7


def test_a_run_that_came_to_no_verdict_is_no_pass() -> None:
    environment, code = process(PASSED)
    code.run_begins()
    code.settle(0)
    assert environment.process_exit_code == INVALID


def test_locusts_own_rule_is_told_where_it_differs() -> None:
    environment, code = process(PASSED)
    told = code.settle(1)
    assert told is not None
    assert told.startswith("Locust by itself would end with exit code 1")
    assert environment.process_exit_code == PASSED
    assert process(FAILED)[1].settle(1) is None
    assert process(PASSED)[1].settle(0) is None
