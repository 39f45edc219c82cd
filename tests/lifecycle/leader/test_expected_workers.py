"""--expect-workers, while workers come and go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from jobload.lifecycle.leader import expected_workers
from jobload.lifecycle.leader.expected_workers import expect_workers

WITHIN_S = 0.5


class Master:
    """As far as anybody waits for its workers."""

    def __init__(self, *workers: str, processes: int | None = None) -> None:
        options = SimpleNamespace(
            expect_workers=2,
            expect_workers_max_wait=WITHIN_S if processes is None else 0,
            processes=processes,
            headless=True,
            autostart=False,
        )
        environment = SimpleNamespace(parsed_options=options, process_exit_code=3)
        self.ready = list(workers)
        self.called_off: list[str] = []
        self.runner: Any = SimpleNamespace(
            clients=SimpleNamespace(ready=self.ready), quit=lambda: None
        )
        self.leader: Any = SimpleNamespace(
            environment=environment, latest=None, prepared="a run", has_quit=False
        )
        self.run_start: Any = SimpleNamespace(call_off=self.called_off.append)

    def wait(self) -> None:
        expect_workers(self.leader, self.runner, self.run_start)


def test_one_that_leaves_before_the_run_begins_is_missing() -> None:
    """Locust looks once a second, and would wait for it for ever."""
    master = Master("w1", "w2")
    master.wait()
    gevent.sleep(0.15)
    master.ready.remove("w2")
    with pytest.raises(SystemExit, match="3"):
        gevent.sleep(WITHIN_S + 0.5)
    assert master.called_off == ["1 of 2 workers came within 0.5 s"]
    assert master.leader.has_quit


def test_those_of_processes_are_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_workers, "OWN_WORKERS_WITHIN_S", WITHIN_S)
    master = Master("w1", processes=2)
    master.wait()
    with pytest.raises(SystemExit, match="3"):
        gevent.sleep(WITHIN_S + 0.5)
    assert master.called_off == ["1 of 2 workers came within 0.5 s"]


@pytest.mark.parametrize("came", [1, 2])
def test_a_run_that_has_begun_is_not_called_off(came: int) -> None:
    master = Master(*["w1", "w2"][:came])
    master.wait()
    gevent.sleep(0.15)
    master.leader.latest = "a run"
    master.ready.clear()
    gevent.sleep(WITHIN_S + 0.3)
    assert not master.called_off


def test_a_web_ui_that_had_its_workers_goes_on_when_one_leaves() -> None:
    master = Master("w1", "w2")
    master.leader.prepared = None
    master.wait()
    gevent.sleep(0.15)
    master.ready.clear()
    gevent.sleep(WITHIN_S + 0.3)
    assert not master.leader.has_quit
