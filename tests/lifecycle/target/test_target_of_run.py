import pytest
from locust.argument_parser import parse_options
from locust.env import Environment

from jobload.lifecycle.target.target_of_run import TargetOfRun
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
