from itertools import count
from typing import Any

import gevent
import pytest
from e2e.truth_server import closed_port
from locust import HttpUser, User
from locust.argument_parser import parse_options
from locust.env import Environment

from jobload.lifecycle.target import target_of_run
from jobload.lifecycle.target.embedded import EmbeddedTarget
from jobload.lifecycle.target.target_of_run import TargetOfRun
from jobload.load.users.job_submitter import JobSubmitter
from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario


@pytest.mark.parametrize("host", ["", " "])
def test_an_empty_host_is_a_mistake_and_not_the_embedded_target(host: str) -> None:
    """`--host "$API"` where API is not set must not pass against another target."""
    options = parse_options(["--headless"])
    options.allowed_targets = []
    target = TargetOfRun(Environment(host=host, parsed_options=options))
    try:
        with pytest.raises(PlanError, match=r"^--host: is empty"):
            target.start()
    finally:
        target.stop()


def aimed_at(host: str, *users: type[User]) -> TargetOfRun:
    options = parse_options(["--headless"])
    options.allowed_targets = []
    environment = Environment(host=host, parsed_options=options, user_classes=[*users])
    return TargetOfRun(environment)


class Own(HttpUser):
    pass


@pytest.mark.parametrize("host", ["127.0.0.1:50051", "http://me:s3cret@127.0.0.1:8000"])
def test_what_is_no_address_for_us_is_an_affair_of_users_of_somebodys_own(host: str) -> None:
    target = aimed_at(host, Own)
    target.start()
    assert target.origin() is None
    assert "s3cret" not in target.text()
    with pytest.raises(PlanError, match=r"^--host: "):
        aimed_at(host, Own, JobSubmitter).start()


def test_hosts_that_users_name_need_no_target_of_ours() -> None:
    class Elsewhere(HttpUser):
        host = "http://127.0.0.1:8001"

    options = parse_options(["--headless"])
    options.allowed_targets = []
    target = TargetOfRun(Environment(parsed_options=options, user_classes=[Elsewhere]))
    target.start()
    assert not target.is_aimed_at
    assert (target.origin(), target.text()) == (None, "http://127.0.0.1:8001")


SUBMIT, FOLLOW = (
    load_scenario({"name": name, "shape": "ramp", "users": 1, "duration": "1s", "users_mix": mix})
    for name, mix in (("submit", {"JobSubmitter": 1}), ("follow", {"JobFollower": 1}))
)


class Embedded:
    """In place of the real one, which takes its time to stop."""

    free_ports = count(45_678)

    def __init__(self, *, job_workers: int = 0, port: int = 0) -> None:
        self.job_workers = job_workers
        self.url = f"http://127.0.0.1:{port or next(self.free_ports)}"
        self.is_stopped = False

    @property
    def ended_by_itself(self) -> bool:
        return self.is_stopped

    def stop(self) -> None:
        self.is_stopped = True
        gevent.sleep(0.02)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> TargetOfRun:
    monkeypatch.setattr(target_of_run, "EmbeddedTarget", Embedded)
    options = parse_options(["--headless"])
    options.allowed_targets = []
    target = TargetOfRun(Environment(parsed_options=options, user_classes=[JobSubmitter]))
    target.start()
    return target


def test_the_embedded_target_keeps_its_address_when_job_workers_come_and_go(
    embedded: TargetOfRun,
) -> None:
    """A start form that was opened before has it."""
    address = embedded.text()
    for scenario in (FOLLOW, SUBMIT, FOLLOW):
        embedded.prepare_for([scenario])
        assert embedded.text() == address


@pytest.mark.processes
def test_the_real_one_listens_where_it_is_told_to() -> None:
    port = closed_port()
    target = EmbeddedTarget(port=port)
    try:
        assert target.url == f"http://127.0.0.1:{port}"
    finally:
        target.stop()
        target.let_go()
        target._said.close()


@pytest.mark.parametrize("scenario", [SUBMIT, FOLLOW], ids=["submit", "follow"])
def test_one_that_was_kept_from_coming_back_does_so_for_the_next_run(
    embedded: TargetOfRun, scenario: Any
) -> None:
    """By a stop of the test before there was a run."""
    start = gevent.spawn(embedded.prepare_for, [FOLLOW])
    gevent.sleep(0.01)
    start.kill()
    embedded.prepare_for([scenario])
    assert embedded.origin() is not None
