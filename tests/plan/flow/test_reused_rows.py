"""Who logged in stays for many operations, and each of them has a row of its own: that is noted."""

from typing import Any

import pytest
from one_process import scenario

from jobload.plan.flow.reused_rows import reused_rows

LOGIN = {"name": "login", "post": "/login", "json": {"u": "{{ people.user }}"}, "reuse": "10m"}
PEOPLE = {"people": {"file": "people.csv"}, "things": {"file": "things.csv"}}


def notes(*steps: dict[str, Any], **fields: Any) -> list[str]:
    return [*reused_rows(scenario(steps=steps, data=PEOPLE, payload_bytes=1024, **fields))]


def test_a_row_that_is_another_than_that_of_the_login_is_told_once() -> None:
    taken = [{"get": "/a"}, {"get": "/{{ people.user }}"}, {"get": "/b/{{ people.user }}"}]
    (note,) = notes(LOGIN, *taken)
    assert note == (
        "steps[2]: takes people.user, as login does, which is reused: that stays, and each"
        " operation has another row; capture from a reply what must be of the same"
    )


def test_a_variable_is_of_the_row_that_it_is_made_from() -> None:
    login = {**LOGIN, "json": {"u": "{{ who }}"}}
    (note,) = notes(login, {"get": "/{{ who }}"}, variables={"who": "{{ people.user }}"})
    assert note.startswith("steps[1]: takes people.user, as login does")


@pytest.mark.parametrize(
    "steps",
    [
        [LOGIN, {"get": "/{{ things.user }}"}],
        [LOGIN, {"get": "/{{ people.table }}"}],
        [{k: v for k, v in LOGIN.items() if k != "reuse"}, {"get": "/{{ people.user }}"}],
        [LOGIN, {"name": "more", "get": "/{{ people.user }}", "reuse": "10m"}, {"get": "/a"}],
    ],
)
def test_other_columns_and_logins_alone_are_not_told(steps: list[Any]) -> None:
    assert notes(*steps) == []
