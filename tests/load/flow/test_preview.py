"""Requests as they would be sent, with stand-ins for what is not known before."""

from collections.abc import Mapping

from jobload.load.flow.preview import previews
from jobload.plan.scenario import load_scenario

PLAN = {"name": "orders", "shape": "ramp", "users": 1, "duration": "5s"}


def shown(*steps: Mapping[str, object]) -> list[str]:
    return list(previews(load_scenario({**PLAN, "steps": [dict(step) for step in steps]})))


def test_an_address_that_a_reply_gives_stands_there_alone() -> None:
    submit = {"name": "submit", "post": "/orders", "capture": {"place": "header:location"}}
    _, wait = shown(submit, {"name": "wait", "get": "{{ place }}/state"})
    assert wait.splitlines()[:2] == ["step 2: wait", "    GET <place>/state"]


def test_a_value_within_a_path_stands_within_it() -> None:
    submit = {"name": "submit", "post": "/orders", "capture": {"job": "$.id"}}
    _, wait = shown(submit, {"name": "wait", "get": "/{{ job }}"})
    assert wait.splitlines()[1] == "    GET /<job>"


def test_a_plan_can_not_command_the_terminal() -> None:
    (said,) = shown({"post": "/a", "body": "\x1b[2J\u202eVerdict: PASS"})
    assert "Verdict: PASS" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
