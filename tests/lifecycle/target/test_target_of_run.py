import pytest
from locust import HttpUser, User
from locust.argument_parser import parse_options
from locust.env import Environment

from jobload.lifecycle.target.target_of_run import TargetOfRun
from jobload.load.users.job_submitter import JobSubmitter
from jobload.plan.problem import PlanError


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
