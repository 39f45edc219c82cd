"""What may be secret in a scenario is not in its results; templates and variables stay."""

from typing import Any

import pytest

from jobload.report.result.redact import redacted, redacted_configuration

STEP: dict[str, Any] = {
    "post": "/login?api_key=abc",
    "headers": {"Authorization": "Bearer abc", "X-Kind": "a", "X-Token": "{{ token }}"},
    "json": {"user": "ann", "password": "abc", "deep": [{"apiKey": "abc", "n": 1}]},
    "form": {"client_secret": "abc", "pwd": "abc", "grant": "x", "token": "${TOKEN}"},
    "capture": {"token": "$.token"},
}


def test_what_steps_send_under_telling_names_is_masked_wherever_it_stands() -> None:
    written = {
        "headers": {"X-Api-Key": "abc", "X-Team": "blue", "Cookie": "${COOKIE}"},
        "variables": {"password": "abc", "region": "eu", "access_key": "abc", "page_token": "a"},
        "steps": [STEP],
        "flows": {"one": {"weight": 1, "steps": [STEP]}},
        "users": 5,
    }
    shown = redacted_configuration(written)
    assert shown["headers"] == {"X-Api-Key": "***", "X-Team": "blue", "Cookie": "${COOKIE}"}
    masked = {"password": "***", "access_key": "***"}
    assert shown["variables"] == masked | {"region": "eu", "page_token": "a"}
    assert shown["users"] == 5
    for (step,) in (shown["steps"], shown["flows"]["one"]["steps"]):
        assert step["post"] == "/login?api_key=***"
        assert step["headers"] == {
            "Authorization": "***",
            "X-Kind": "a",
            "X-Token": "{{ token }}",
        }
        assert step["json"] == {
            "user": "ann",
            "password": "***",
            "deep": [{"apiKey": "***", "n": 1}],
        }
        form = {"client_secret": "***", "pwd": "***", "grant": "x", "token": "${TOKEN}"}
        assert step["form"] == form
        assert step["capture"] == {"token": "$.token"}
    assert "abc" not in str(shown)


@pytest.mark.parametrize(
    "text",
    [
        "http://h/a?next=/login?token=abc&x=1",
        "http://h/a?page=1;token=abc",
        "http://h/a?page=1;next=/in?to=2;access_token=abc",
        "http://h/a?b&page=1;c;sid=abc",
    ],
)
def test_a_secret_within_the_value_of_another_parameter_is_masked(text: str) -> None:
    assert redacted(text) == text.replace("abc", "***")


@pytest.mark.parametrize("filled_in", ["{{ token }}", "${TOKEN}", "{{ a }}${B}"])
def test_a_parameter_that_is_filled_in_stays_as_it_was_written(filled_in: str) -> None:
    assert redacted(f"GET /a?token={filled_in}&x=1") == f"GET /a?token={filled_in}&x=1"
    assert redacted(f"GET /a?token={filled_in}") == f"GET /a?token={filled_in}"
    assert "abc" not in redacted(f"GET /a?token={filled_in}abc&x=1")


@pytest.mark.parametrize("chosen", ["{{ choice(abc, 'd e') }}", "{{choice(abc,de)}}"])
def test_what_a_template_chooses_from_is_written_out(chosen: str) -> None:
    assert redacted(f"GET /a?token={chosen}&x=1") == "GET /a?token=***&x=1"
    assert redacted(f"GET /a?colour={chosen}") == f"GET /a?colour={chosen}"
    sent = {
        "headers": {"Authorization": f"Bearer {chosen}"},
        "json": {"password": chosen, "c": chosen},
    }
    assert redacted_configuration(sent) == {
        "headers": {"Authorization": "***"},
        "json": {"password": "***", "c": chosen},
    }


def test_what_tells_of_no_secret_stays() -> None:
    text = "GET http://h/a?page=1;x=2&next=/in?to=3&token= 'b?c=d'"
    assert redacted(text) == text
