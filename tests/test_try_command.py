"""`jobload try` sends one operation and tells what it sent, what came, and what it made of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from scripted_api import Answer, HangUp, Request, ScriptedApi, Silence

from jobload.cli import main
from jobload.lifecycle import trial
from jobload.plan.flow.row_supply import read_tables
from jobload.plan.flow.sources import SourceKey
from jobload.plan.flow.table import Table
from jobload.plan.scenario import Scenario

PLAN = """\
scenarios:
  orders:
    shape: ramp
    users: 1
    duration: 5s
    data: {people: {file: people.csv}}
    steps:
      - name: login
        post: /login
        json: {user: "{{ people.user }}", password: "${PASSWORD}"}
        capture: {token: $.token}
        reuse: 1m
      - name: submit
        post: /jobs
        headers: {Authorization: "Bearer {{ token }}"}
        json: {n: "{{ int(4, 4) }}"}
        expect: {json: {$.status: ok}}
        capture: {job: $.id}
      - name: wait
        get: /jobs/{{ job }}
        poll: {until: {$.status: done}, every: 10ms, timeout: 100ms}
  plain: {shape: ramp, users: 1, duration: 5s, endpoint: /plain, expect: {json: {$.a: 1}}}
  watched: {shape: ramp, users: 2, duration: 5s, users_mix: {JobWatcher: 1}}
  hurried: {shape: ramp, users: 1, duration: 5s, operation_timeout: 300ms, steps: [{get: /plain},
    {get: /jobs/7, poll: {until: {$.status: done}, every: 200ms, timeout: 300ms}}]}
  mixed: {shape: ramp, users: 2, duration: 5s, endpoint: /plain,
    users_mix: {JobFollower: 1, JobWatcher: 1}}
"""


def answers(request: Request) -> Answer:
    said = {
        "/login": {"token": "t1"},
        "/jobs": {"status": "ok", "id": 7},
        "/jobs/7": {"status": "done"},
        "/plain": {"a": 1},
    }
    return 200, json.dumps(said[request.path]).encode()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedApi]:
    monkeypatch.setenv("PASSWORD", "hunter22")
    api = ScriptedApi(script=answers)
    yield api
    api.close()


def attempt(folder: Path, api: ScriptedApi, scenario: str = "orders") -> int:
    (folder / "people.csv").write_text("user\nann\nben\n")
    (folder / "plan.yaml").write_text(PLAN)
    return main(["try", scenario, "--host", api.url, "--scenarios", str(folder / "plan.yaml")])


def test_each_request_reply_capture_and_check_is_told(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(tmp_path, api) == 0
    said = capsys.readouterr().out
    for line in (
        'row 1 of people: {"user": "ann"}',
        "== login",
        "> POST /login HTTP/1.1",
        '> {"user":"ann","password":"***"}',
        '< {"token": "t1"}',
        '   token = "t1"',
        "> Authorization: Bearer t1",
        '> {"n":4}',
        "   job = 7",
        "> GET /jobs/7 HTTP/1.1",
        "   ok: what is expected holds",
    ):
        assert line in said.splitlines()
    assert api.paths == ["/login", "/jobs", "/jobs/7"]
    assert api.requests[0].job["password"] == "hunter22"
    assert "hunter22" not in said


def test_what_fails_is_named_with_its_step_and_what_was_there(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer_with(lambda r: answers(r) if r.path == "/login" else (200, b'{"status": "error"}'))
    assert attempt(tmp_path, api) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith('FAILED at submit: unexpected-reply: $.status is "error", expected "ok"')


def test_a_refusal_without_a_body_is_its_status_alone(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer_with(lambda r: answers(r) if r.path == "/login" else (404, b""))
    assert attempt(tmp_path, api) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "FAILED at submit: http-404"


def test_a_poll_tells_what_it_still_waits_for(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answer_with(lambda r: (200, b'{"status": "queued"}') if r.path == "/jobs/7" else answers(r))
    assert attempt(tmp_path, api) == 1
    said = capsys.readouterr().out.splitlines()
    assert '   not yet: $.status is "queued", expected "done"' in said
    assert said[-1].startswith("FAILED at wait: poll-timeout: after 0.1 s")


def test_a_retry_is_the_same_request(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    down = iter([True])
    api.answer_with(lambda r: (503, b"") if next(down, False) else answers(r))
    assert attempt(tmp_path, api) == 0
    assert "   http-503; tried again in 0.1 s" in capsys.readouterr().out
    first, second = api.requests[:2]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


def test_a_scenario_of_one_request_is_tried_as_well(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(tmp_path, api, "plain") == 0
    api.answer_with(lambda _: (200, b'{"a": 2}'))
    assert attempt(tmp_path, api, "plain") == 1
    assert "$.a is 2, expected 1" in capsys.readouterr().out


def test_what_users_say_in_python_is_not_tried_by_another_request(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(tmp_path, api, "watched") == 2
    assert api.requests == []
    told = capsys.readouterr().err
    assert told.startswith("watched: operations of JobWatcher are said in Python")
    assert "jobload run --scenario watched" in told


def test_of_a_mixture_it_is_told_what_is_not_tried(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(tmp_path, api, "mixed") == 0
    told = capsys.readouterr().out
    assert "note: operations of JobWatcher in mixed are not tried\n" in told
    assert "note: mixed follows each job to its end; only its submission is tried\n" in told


def test_a_flow_or_scenario_that_is_not_there_is_told(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt(tmp_path, api, "order") == 2
    assert "did you mean orders?" in capsys.readouterr().err
    assert api.requests == []


def test_a_payload_that_can_not_be_sent_is_told(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, row, problem in (
        ("none.jsonl", None, "none.jsonl: can't be read: No such file or directory"),
        ("bad.jsonl", "{bad", "bad.jsonl:1:2: is no JSON: "),
    ):
        if row is not None:
            (tmp_path / name).write_text(row)
        (tmp_path / "plan.yaml").write_text(
            f"scenarios: {{a: {{shape: ramp, users: 1, duration: 5s, payload: {{file: {name}}}}}}}"
        )
        plan = str(tmp_path / "plan.yaml")
        assert main(["try", "a", "--host", api.url, "--scenarios", plan]) == 2
        assert problem in capsys.readouterr().err
    assert api.requests == []


def test_what_is_not_set_in_the_environment_is_told_before_anything_is_sent(
    tmp_path: Path,
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PASSWORD")
    assert attempt(tmp_path, api) == 2
    said = capsys.readouterr().err
    assert "environment: steps[0].json.password: the variable PASSWORD is not set" in said
    assert api.requests == []


def test_a_cookie_that_is_not_kept_is_told_with_its_reason(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    cookie = {"Set-Cookie": "sid=s3cret; Domain=example.org"}
    api.answer_with(lambda request: (200, b'{"token": 1, "status": "ok", "id": 7}', cookie))
    attempt(tmp_path, api)
    said = "   not kept: the cookie sid is of the domain example.org, and this is 127.0.0.1"
    assert said in capsys.readouterr().out.splitlines()
    assert "cookie" not in api.requests[1].headers


def test_a_poll_waits_as_long_as_its_reply_asks(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = (200, b'{"status": "at it"}', {"Retry-After": "60"})
    api.answer_with(lambda r: asks if r.path == "/jobs/7" else answers(r))
    assert attempt(tmp_path, api) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith('$.status is "at it", expected "done"; Retry-After is 60 s')
    assert api.paths.count("/jobs/7") == 1


@pytest.mark.parametrize(
    ("answer", "asked", "flaw"),
    [
        (Silence(), 1, "operation-timeout: the operation had no time left (operation_timeout)"),
        (HangUp(), 2, "closed: the server closed the connection without a reply"),
        (
            (200, b'{"status": "at it"}'),
            2,
            'poll-timeout: when $.status is "at it", expected "done"',
        ),
    ],
    ids=["a reply that does not come", "a retry", "a poll"],
)
def test_an_operation_that_would_last_longer_than_it_may_has_failed(
    tmp_path: Path,
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
    answer: Answer,
    asked: int,
    flaw: str,
) -> None:
    api.answer_with(lambda request: answers(request) if request.path == "/plain" else answer)
    assert attempt(tmp_path, api, "hurried") == 1
    assert capsys.readouterr().out.splitlines()[-1] == f"FAILED at GET /jobs/7: {flaw}"
    assert api.paths.count("/jobs/7") <= asked


def test_reading_rows_takes_nothing_from_an_operation_s_time(
    tmp_path: Path, api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly_read(scenarios: list[Scenario]) -> dict[SourceKey, Table]:
        sleep(0.3)
        return read_tables(scenarios)

    monkeypatch.setattr(trial, "read_tables", slowly_read)
    asked: list[str] = []

    def at_it_first(request: Request) -> Answer:
        asked.append(request.path)
        done = asked.count("/jobs/7") > 1
        return answers(request) if done or request.path == "/plain" else (200, b'{"status": "at"}')

    api.answer_with(at_it_first)
    assert attempt(tmp_path, api, "hurried") == 0


def test_an_operation_timeout_of_the_defaults_is_not_of_a_single_request(
    tmp_path: Path, api: ScriptedApi
) -> None:
    """As in a run, where only operations of steps have it."""
    plan = tmp_path / "plan.yaml"
    request = "{shape: ramp, users: 1, duration: 5s, endpoint: /plain}"
    plan.write_text(f"defaults: {{operation_timeout: 50ms}}\nscenarios:\n  plain: {request}\n")

    def late(request: Request) -> Answer:
        sleep(0.2)
        return answers(request)

    api.answer_with(late)
    assert main(["try", "plain", "--host", api.url, "--scenarios", str(plan)]) == 0


def test_what_a_target_says_can_not_command_the_terminal(
    tmp_path: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    body = b'{"token": "\\u001b[31m\\u202e"}\x1b[2J\xc2\x9b2J'
    api.answer_with(
        lambda _: (200, body, {"X-Said": "\u009b31m", "Set-Cookie": "a\u009b=1;Domain=x"})
    )
    attempt(tmp_path, api)
    said = capsys.readouterr().out
    assert "X-Said" in said
    assert [each for each in said if not each.isprintable() and each not in "\n\ufffd"] == []
