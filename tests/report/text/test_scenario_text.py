from __future__ import annotations

from typing import Any

import pytest
from made_result import result_of
from made_run import MadeRun, light, planned
from made_steps import in_steps

from jobload.report.text.scenario_text import configuration_text

REQUEST = "method POST, endpoint /api/v1/jobs, timeout 30s, retries 3"


def text_of(user: str, *, sends_it: bool, **fields: Any) -> str:
    made = MadeRun()
    made.play(light(users_mix={user: 1}, **fields), planned())
    figures = made.end()
    if not sends_it:
        for stage in figures.stages:
            in_steps(stage.record, "browse", "buy")
            stage.overall = stage.record.overall()
    return configuration_text(result_of(figures).scenarios[0])


@pytest.mark.parametrize("user", ["JobSubmitter", "SubmitterOfMine"])
def test_the_request_of_the_scenario_is_told_where_it_is_sent(user: str) -> None:
    text = text_of(user, sends_it=True)
    assert REQUEST in text
    assert "payload_bytes 1024" in text


@pytest.mark.parametrize("fields", [{"payload": {"file": "jobs.jsonl"}}, {"method": "GET"}])
def test_the_size_of_the_job_payload_is_told_where_that_is_sent(fields: dict[str, Any]) -> None:
    assert "payload_bytes" not in text_of("JobSubmitter", sends_it=True, **fields)


def test_it_is_told_before_anything_was_sent() -> None:
    assert REQUEST in text_of("JobSubmitter", sends_it=False)


@pytest.mark.parametrize(("times", "is_told"), [(1, False), (None, True)])
def test_only_the_number_of_retries_that_holds_is_told(times: int | None, is_told: bool) -> None:
    made = MadeRun()
    made.play(light(retry={"status": [503], "times": times}), planned())
    text = configuration_text(result_of(made.end()).scenarios[0])
    assert ("retries 3" in text, "times 1" in text) == (is_told, not is_told)


def test_a_field_is_written_as_in_the_file() -> None:
    made = MadeRun()
    made.play(light(), planned())
    fields = {"shape": "ramp", "rate": 1e6, "steps": [], "audit": True, "tls": {"verify": False}}
    scenario = result_of(made.end()).scenarios[0].model_copy(update={"configuration": fields})
    assert configuration_text(scenario) == "ramp, rate 1000000, audit true, tls (verify false)"


def test_users_that_send_something_else_are_not_said_to_send_it() -> None:
    text = text_of("Shopper", sends_it=False)
    assert text.startswith("ramp, users 10, rate 50, duration 30s, ramp_up 5s, arrivals even")
    assert not {"method", "endpoint", "timeout", "retries", "payload_bytes", "expect"} & {
        part.split()[0] for part in text.split(", ")
    }
