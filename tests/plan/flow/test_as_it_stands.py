"""What looks like a value to fill in and is none is noted, and nothing that is meant."""

from time import process_time
from typing import Any

import pytest
from one_process import scenario

from jobload.plan.flow.as_it_stands import as_it_stands

LOGIN = {"name": "login", "post": "/login", "capture": {"token": "$.token"}}


def notes(step: dict[str, Any], **fields: Any) -> list[str]:
    steps = [LOGIN, {"name": "use", "post": "/use", **step}]
    return [*as_it_stands(scenario(steps=steps, payload_bytes=1024, **fields))]


@pytest.mark.parametrize(
    ("step", "note"),
    [
        (
            {"headers": {"Authorization": "Bearer $API_TOKEN"}},
            "steps[1].headers.Authorization: $API_TOKEN is sent as it stands; write ${API_TOKEN}",
        ),
        ({"post": "/use?key=$KEY"}, "steps[1].post: $KEY is sent as it stands; write ${KEY}"),
        ({"json": {"a": ["$KEY"]}}, "steps[1].json.a[0]: $KEY is sent as it stands"),
        (
            {"form": {"a": "{token}"}},
            "steps[1].form.a: {token} is sent as it stands; write {{ token",
        ),
        (
            {"headers": {"Authorization": "Bearer { token }"}},
            "steps[1].headers.Authorization: { token } is sent as it stands; write {{ token }} for",
        ),
        (
            {"json": '{"a": "{{ unique }}"}'},
            "steps[1].json: is a text, and is sent as one, in quot",
        ),
        ({"json": "\n[1, 2]\n"}, "steps[1].json: is a text, and is sent as one, in quotes; take"),
        (
            {"expect": {"json": {"$.id": "{token}"}}},
            "steps[1].expect.json.$.id: {token} is looked for as it stands; write {{ token }}",
        ),
        ({"headers": {"X-Id": "{uuid}"}}, "steps[1].headers.X-Id: {uuid} is sent as it stands"),
    ],
)
def test_a_name_that_is_not_filled_in_is_told_with_how_it_would_be(
    step: dict[str, Any], note: str
) -> None:
    (found,) = notes(step)
    assert found.startswith(note)


@pytest.mark.parametrize(
    "step",
    [
        {"headers": {"Authorization": "Bearer ${KEY}", "X-Cost": "$5", "X-Of": "{other}, $$AB"}},
        {"headers": {"Authorization": "Bearer {{ token }}{{token}}"}},
        {"headers": {"Cookie": "$Version=1; a=b; $Path=/"}},
        {"post": "/use?$filter=a&$Top=5"},
        {"json": {"query": "query($ID: Int) { thing(id: $ID) { token } }", "cmd": "echo $HOME"}},
        {"body": "echo $HOME {token}"},
        {"body": '{"a": 1}'},
        {"json": "{{ token }}"},
        {"json": {"variables": '{"a": 1}'}},
    ],
)
def test_what_is_meant_as_it_stands_is_not_told(step: dict[str, Any]) -> None:
    assert notes(step) == []


def test_a_long_text_that_is_hardly_json_is_read_at_once() -> None:
    before_s = process_time()
    assert notes({"json": '{"a": "b",' * 10_000 + "};"}) == []
    assert process_time() - before_s < 1


def test_a_header_of_a_scenario_is_told() -> None:
    found = as_it_stands(scenario(headers={"Authorization": "Bearer $API_TOKEN"}))
    assert [*found] == [
        "headers.Authorization: $API_TOKEN is sent as it stands; write ${API_TOKEN} for its value"
    ]
