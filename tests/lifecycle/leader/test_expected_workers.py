"""--expect-workers, while workers come and go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from locust import main
from locust.runners import STATE_INIT, STATE_STOPPED

from jobload.lifecycle.leader import expected_workers
from jobload.lifecycle.leader.expected_workers import expect_workers

pytestmark = pytest.mark.waits

WITHIN_S = 0.5


@pytest.fixture(autouse=True)
def locusts_time(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A copy of its own, as a process of ours gives it."""
    monkeypatch.setattr(main, "time", time := SimpleNamespace(sleep=gevent.sleep))
    return time


class Master:
    """As far as anybody waits for its workers."""

    def __init__(
        self,
        *workers: str,
        processes: int | None = None,
        within_s: float = WITHIN_S,
        headless: bool = True,
        autostart: bool = False,
    ) -> None:
        options = SimpleNamespace(
            expect_workers=2,
            expect_workers_max_wait=within_s if processes is None else 0,
            processes=processes,
            headless=headless,
            autostart=autostart,
        )
        environment = SimpleNamespace(parsed_options=options, process_exit_code=3)
        self.ready = list(workers)
        self.called_off: list[str] = []
        self.runner: Any = SimpleNamespace(
            clients=SimpleNamespace(ready=self.ready),
            quit=lambda: None,
            state=STATE_INIT,
            greenlet=["listens to its workers"],
            shape_greenlet=None,
        )
        self.leader: Any = SimpleNamespace(
            environment=environment,
            latest=None,
            prepared="a run" if headless or autostart else None,
            has_quit=False,
        )
        self.run_start: Any = SimpleNamespace(call_off=self.called_off.append)

    def wait(self) -> None:
        expect_workers(self.leader, self.runner, self.run_start)


def test_locust_need_not_wait_for_its_next_look_when_all_are_there(
    monkeypatch: pytest.MonkeyPatch, locusts_time: Any
) -> None:
    monkeypatch.setattr(expected_workers, "LOCUST_LOOKS_EVERY_S", 3600)
    master = Master("w1")
    master.wait()
    looks = gevent.spawn(locusts_time.sleep, 3600)
    assert not looks.ready()
    gevent.sleep(0.1)
    assert not looks.ready()
    master.ready.append("w2")
    looks.join(timeout=10)
    assert looks.ready()
    master.leader.latest = "a run"


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


def test_one_that_is_lost_before_the_run_begins_is_missing() -> None:
    """When it was the only one, Locust takes a test for stopped that has not begun."""
    master = Master("w1")
    master.wait()
    gevent.sleep(0.15)
    master.ready.clear()
    master.runner.state = STATE_STOPPED
    with pytest.raises(SystemExit, match="3"):
        gevent.sleep(WITHIN_S + 0.5)
    assert master.called_off == ["0 of 2 workers came within 0.5 s"]


def test_those_of_processes_are_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_workers, "OWN_WORKERS_WITHIN_S", WITHIN_S)
    master = Master("w1", processes=2)
    master.wait()
    with pytest.raises(SystemExit, match="3"):
        gevent.sleep(WITHIN_S + 0.5)
    assert master.called_off == ["1 of 2 workers came within 0.5 s"]


@pytest.mark.parametrize("workers", [("w1", "w2"), ()])
def test_nobody_waits_for_workers_that_are_not_heard(workers: tuple[str, ...]) -> None:
    master = Master(*workers, within_s=0)
    master.wait()
    gevent.sleep(0.15)
    master.runner.greenlet.clear()
    with pytest.raises(SystemExit, match="3"):
        gevent.sleep(WITHIN_S)
    assert "quit() was called before the run began" in master.called_off[0]


def test_a_signal_that_ends_the_wait_begins_no_run() -> None:
    master = Master(within_s=0)
    master.wait()
    gevent.sleep(0.15)
    master.leader.has_quit = True
    master.runner.greenlet.clear()
    gevent.sleep(0.3)
    assert not master.called_off


@pytest.mark.parametrize("came", [1, 2])
def test_a_run_that_has_begun_is_not_called_off(came: int) -> None:
    master = Master(*["w1", "w2"][:came])
    master.wait()
    gevent.sleep(0.15)
    master.leader.latest = "a run"
    master.ready.clear()
    gevent.sleep(WITHIN_S + 0.3)
    assert not master.called_off


@pytest.mark.parametrize("workers", [("w1", "w2"), ("w1",), ()])
def test_a_web_ui_that_somebody_starts_waits_for_nobody(workers: tuple[str, ...]) -> None:
    master = Master(*workers, headless=False)
    master.wait()
    gevent.sleep(0.15)
    master.ready.clear()
    gevent.sleep(WITHIN_S + 0.3)
    assert not master.leader.has_quit


def test_a_web_ui_that_starts_by_itself_is_called_off() -> None:
    master = Master("w1", headless=False, autostart=True)
    master.wait()
    with pytest.raises(SystemExit, match="3"):
        gevent.sleep(WITHIN_S + 0.5)
    assert master.called_off == ["1 of 2 workers came within 0.5 s"]


def test_a_web_ui_whose_run_was_refused_goes_on_when_a_worker_leaves() -> None:
    master = Master("w1", "w2", headless=False, autostart=True)
    master.wait()
    gevent.sleep(0.15)
    master.runner.state, master.runner.shape_greenlet = STATE_STOPPED, "over"
    master.ready.clear()
    gevent.sleep(WITHIN_S + 0.3)
    assert not master.called_off
