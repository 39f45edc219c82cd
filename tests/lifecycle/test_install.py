from __future__ import annotations

from unittest.mock import Mock

import psutil
import pytest
from locust.env import Environment
from locust.event import Events

from jobload.lifecycle.install import NOT_IN_PROC, OF_A_SCRIPT, add_options_if_locust_runs, listen


def test_locust_as_a_library_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """There are no options that say what shall run, and its exit code is the script's."""
    environment = Environment(events=Events())
    listen(environment.events, Mock())
    runner = environment.create_local_runner()
    with pytest.raises(SystemExit) as left:
        environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    assert (left.value.code, capsys.readouterr().err.strip()) == (2, OF_A_SCRIPT)


def test_without_proc_nothing_is_run_and_it_is_said_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "Process", Mock(side_effect=psutil.NoSuchProcess(17)))
    with pytest.raises(SystemExit) as left:
        add_options_if_locust_runs(Mock())
    assert (left.value.code, capsys.readouterr().err.strip()) == (2, NOT_IN_PROC)
