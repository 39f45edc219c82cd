import pytest
from locust.argument_parser import parse_options
from locust.env import Environment

from jobload.lifecycle.target import TargetOfRun, no_answer
from jobload.load.http_error import ErrorKind, HttpError
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


@pytest.mark.parametrize(
    ("kind", "detail", "found"),
    [
        (ErrorKind.CONNECT_REFUSED, "Connection refused", "(connect-refused), so no load was sent"),
        (ErrorKind.TLS, "certificate not accepted: self-signed", "self-signed), so no load"),
        (ErrorKind.TLS, "certificate not accepted: self-signed", "SSL_CERT_FILE"),
    ],
)
def test_a_target_that_gives_no_answer_is_told_with_the_reason(
    kind: ErrorKind, detail: str, found: str
) -> None:
    assert found in no_answer("https://localhost", HttpError(kind, detail))
