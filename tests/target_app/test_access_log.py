"""The target's own log of requests, in which a trace id of a report is looked up."""

import re
from collections.abc import Iterator

import pytest
from target_process import JOBS, RedisProcess, TargetProcess, running_redis, running_target

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisProcess]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module", params=[1, 2])
def target(redis: RedisProcess, request: pytest.FixtureRequest) -> Iterator[TargetProcess]:
    with running_target(redis.url, access_log=True, workers=request.param) as made:
        yield made


def lines(target: TargetProcess, about: str) -> list[str]:
    return [line for line in target.log.read_text().splitlines() if about in line]


def ask(target: TargetProcess, path: str, method: str = "GET", traceparent: str = "") -> None:
    """The next request of the connection is read after the line of this one is written."""
    client = target.client()
    headers = {"traceparent": traceparent} if traceparent else {}
    client.request(method, path, None, headers)
    client.get("/healthz")
    client.close()


def test_a_line_has_what_was_asked_and_answered_and_the_ids_of_the_trace(
    target: TargetProcess,
) -> None:
    ask(target, f"{JOBS}/no-such-job?token=hidden", traceparent=f"00-{TRACE}-{SPAN}-01")
    (line,) = lines(target, TRACE)
    assert re.fullmatch(
        rf"target: GET {JOBS}/no-such-job 404 \d+\.\d ms trace {TRACE} span {SPAN}", line
    )


@pytest.mark.parametrize(
    "given",
    ["", "0", f"00-{TRACE[1:]}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-", "00-" + "0" * 4000, "é"],
    ids=lambda given: given[:8],
)
def test_what_is_no_trace_is_not_told(target: TargetProcess, given: str) -> None:
    path = f"{JOBS}/of-{len(given.encode())}"
    ask(target, path, traceparent=given)
    (line,) = lines(target, f"{path} ")
    assert re.fullmatch(rf"target: GET {path} 404 \d+\.\d ms", line)


def test_nobody_writes_a_line_of_their_own(target: TargetProcess) -> None:
    path = f"{JOBS}/x%0Atarget:%20GET%20/forged"
    ask(target, path)
    assert not lines(target, "target: GET /forged")
    assert len(lines(target, path)) == 1


def test_a_request_without_an_answer_has_a_line_as_well(redis: RedisProcess) -> None:
    script = '{"drops": {"before": 1}}'
    with running_target(redis.url, access_log=True, behaviour=script) as target:
        target.raw(f"GET {JOBS}/dropped HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        ask(target, "/healthz")
        (line,) = lines(target, f"{JOBS}/dropped")
    assert " dropped " in line


def test_it_is_silent_unless_it_is_asked(redis: RedisProcess) -> None:
    with running_target(redis.url) as target:
        ask(target, JOBS, traceparent=f"00-{TRACE}-{SPAN}-01")
        assert target.log.read_text() == ""
