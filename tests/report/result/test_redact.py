"""What may be secret in a scenario is not in its results; templates and variables stay."""

from typing import Any

from jobload.report.result.redact import redacted_configuration

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
