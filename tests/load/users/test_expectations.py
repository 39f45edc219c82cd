from __future__ import annotations

from typing import Any

import pytest
from one_process import scenario
from scripted_api import BROKEN, Answer, Silence

from .conftest import Meet, one_operation


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429, 499])
def test_what_the_target_refuses_is_not_tried_again(meet: Meet, status: int) -> None:
    process, api = meet((status, b"no"))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert (endpoint.retries, endpoint.failed) == (0, endpoint.started)
    assert endpoint.errors.examples == {f"http-{status}": "no"}
    assert len(api.requests) == endpoint.started
    assert process.record().ended_bad == endpoint.failed


@pytest.mark.parametrize("status", [200, 201, 204, 302, 399])
def test_2xx_and_3xx_are_success(meet: Meet, status: int) -> None:
    process, _ = meet((status, b""))
    process.add()
    one_operation(process)
    assert process.endpoint().succeeded == process.record().started


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [((200, b""), "http-200"), ((404, b""), "http-404"), ((503, b""), "http-503")],
)
def test_only_the_expected_status_is_success(meet: Meet, answer: Answer, kind: str) -> None:
    process, _ = meet(answer, plan=scenario(expect={"status": [201]}))
    process.add()
    one_operation(process)
    assert process.endpoint().errors.counts == {kind: process.record().started}


@pytest.mark.usefixtures("_no_pauses")
def test_an_expected_503_is_success_at_once(meet: Meet) -> None:
    process, api = meet(BROKEN, plan=scenario(expect={"status": ["500-599"]}))
    process.add()
    one_operation(process)
    assert process.endpoint().succeeded == len(api.requests)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"oops", "not JSON: oops"),
        (b"[1]", "not a JSON object: [1]"),
        (b'{"name": 1}', 'without id, state: {"name": 1}'),
        (b'{"id": 1}', 'without state: {"id": 1}'),
        (b'{"id": null, "state": 0}', None),
        (b'\xef\xbb\xbf{"id": 1, "state": 0}', None),
    ],
)
def test_a_success_must_have_the_expected_keys(meet: Meet, body: bytes, detail: str | None) -> None:
    process, _ = meet((201, body), plan=scenario(expect={"json": ["id", "state"]}))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    if detail is None:
        assert endpoint.failed == 0
    else:
        assert endpoint.errors.examples == {"unexpected-reply": detail}
        assert endpoint.retries == 0


@pytest.mark.parametrize(
    ("wanted", "detail"),
    [
        (5, None),
        ("5", None),
        ([4, 5], None),
        ({"min": 1, "max": 5}, None),
        (6, 'header x-left is "5", expected 6: ok'),
        ({"min": 6}, 'header x-left is "5", expected at least 6: ok'),
        ({"exists": False}, 'header x-left is "5", expected nothing there: ok'),
    ],
)
def test_a_number_in_a_header_is_compared_as_one(
    meet: Meet, wanted: object, detail: str | None
) -> None:
    plan = scenario(expect={"headers": {"x-left": wanted}})
    process, _ = meet((200, b"ok", {"X-Left": "5"}), plan=plan)
    process.add()
    one_operation(process)
    assert process.endpoint().errors.examples.get("unexpected-reply") == detail


@pytest.mark.usefixtures("_no_pauses")
def test_no_reply_within_the_timeout_is_a_network_error(meet: Meet) -> None:
    process, api = meet(Silence(), plan=scenario(timeout="20ms", retries=1))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.errors.counts == {"timeout": endpoint.started}
    assert len(api.requests) == 2 * endpoint.started


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ({"json": {"$.status": "ok"}}, '$.status is "error", expected "ok"'),
        ({"json": {"$.id": {"exists": True}}}, "$.id is not there, expected something"),
        ({"headers": {"content-type": "text/plain"}}, "header content-type is not there"),
        ({"body": "^ok"}, "nothing in the body matches ^ok"),
    ],
)
def test_a_200_whose_body_says_otherwise_fails_with_what_was_there(
    meet: Meet, expect: dict[str, Any], told: str
) -> None:
    process, _ = meet((200, b'{"status": "error"}'), plan=scenario(expect=expect))
    process.add()
    one_operation(process)
    errors = process.endpoint().errors
    assert errors.counts == {"unexpected-reply": process.record().started}
    assert told in errors.examples["unexpected-reply"]
    assert process.endpoint().succeeded == 0


@pytest.mark.parametrize("wanted", [{"exists": False}, "ok"])
@pytest.mark.parametrize("body", [b"<h1>down for maintenance</h1>", b""])
def test_what_is_no_json_is_not_taken_for_json_without_an_error(
    meet: Meet, body: bytes, wanted: object
) -> None:
    process, _ = meet((200, body), plan=scenario(expect={"json": {"$.errors": wanted}}))
    process.add()
    one_operation(process)
    (told,) = process.endpoint().errors.examples.values()
    assert told == f"not JSON, so $.errors is not there: {body.decode()}"


def test_a_reply_that_says_what_is_expected_is_a_success(meet: Meet) -> None:
    expect = {"json": {"$.status": ["ok", "fine"]}, "body": "fine"}
    process, _ = meet((200, b'{"status": "fine"}'), plan=scenario(expect=expect))
    process.add()
    one_operation(process)
    assert process.endpoint().failed == 0
