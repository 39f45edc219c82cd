from __future__ import annotations

import pytest
from one_process import scenario, wait_until
from scripted_api import CREATED, Answer, Request

from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_submitter import JobSubmitter
from jobload.measure.stage_record import StageRecord

from .conftest import Meet, one_operation

TOKEN = "s3cr3t-t0ken-of-the-team"


@pytest.mark.parametrize("padding", [0, 150, 180, 195, 250])
def test_a_secret_that_the_target_repeats_is_in_no_error_text(meet: Meet, padding: int) -> None:
    def repeating(request: Request) -> Answer:
        return 401, b"x" * padding + request.headers["authorization"].encode() + b"y" * 500

    plan = scenario(headers={"Authorization": "Bearer ${TOKEN}"})
    process, api = meet(script=repeating, plan=plan, environ={"TOKEN": TOKEN})
    process.add()
    one_operation(process)
    assert api.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    shown = process.endpoint().errors.examples["http-401"]
    assert not any(TOKEN[n : n + 4] in shown for n in range(len(TOKEN) - 3))


def test_of_two_secrets_the_longer_is_masked_first(meet: Meet) -> None:
    plan = scenario(headers={f"X-Token-{n}": f"${{T{n}}}" for n in range(8)})
    environ = {f"T{n}": TOKEN[: 4 + 2 * n] for n in range(8)}
    process, _ = meet((401, TOKEN[:18].encode()), plan=plan, environ=environ)
    process.add()
    one_operation(process)
    assert process.endpoint().errors.examples == {"http-401": "***"}


def test_a_secret_in_an_exception_is_in_no_report(meet: Meet) -> None:
    class Telling(JobSubmitter):
        def perform(self, intended_s: float, stage: StageRecord) -> None:
            raise ValueError(f"{TOKEN} was refused")

    plan = scenario(headers={"Authorization": "${TOKEN}"})
    process, _ = meet(CREATED, plan=plan, environ={"TOKEN": TOKEN})
    process.add(Telling)
    one_operation(process)
    process.agent.report()
    assert TOKEN not in repr(process.sent[-1])
    assert process.sent[-1].crashes == ["Telling: ValueError: *** was refused"]


@pytest.mark.usefixtures("_no_pauses")
def test_a_secret_in_a_reply_that_is_no_http_is_in_no_report(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripted_api._rendered", lambda *_: TOKEN.encode() + b"\r\n\r\n")
    plan = scenario(headers={"Authorization": "${TOKEN}"})
    process, _ = meet(CREATED, plan=plan, environ={"TOKEN": TOKEN})
    process.add()
    one_operation(process)
    assert process.endpoint().failed == process.record().started
    process.agent.report()
    assert TOKEN not in repr(process.sent[-1])


@pytest.mark.parametrize("secret", ["hunter22\r", "\x01hunter22hunter22", "hunter22" * 30 + "\n"])
@pytest.mark.parametrize("step", [{"get": "/a", "headers": {"X": "k {{ t }}"}}, {"get": "{{ t }}"}])
def test_a_secret_that_can_not_be_sent_is_not_shown_in_saying_so(
    meet: Meet, secret: str, step: dict[str, object]
) -> None:
    plan = scenario(steps=[step], variables={"t": "${TOKEN}"}, payload_bytes=1024)
    process, api = meet(plan=plan, environ={"TOKEN": secret})
    process.add(FlowUser)
    wait_until(lambda: process.record().overall().failed)
    (told,) = process.record().overall().errors.examples.values()
    assert "***" in told
    assert "hunter22" not in told
    assert api.requests == []
