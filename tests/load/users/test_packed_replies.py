"""Replies with a Content-Encoding, asked for or not: what is taken from them, and expected."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
import pytest
from one_process import scenario, wait_until
from scripted_api import Answer, Request

from jobload.load.http.reply import Reply
from jobload.load.users.flow_user import FlowUser
from jobload.load.users.job_follower import JobFollower
from jobload.load.users.operation_user import OperationUser

from .conftest import Meet, one_operation

SAID = b'{"id": 12345678901234567890123, "status": "done"}'
PACKED = gzip.compress(SAID)
ZIPPED: Answer = (201, PACKED, {"Content-Encoding": "gzip"})
LONG_ID = "12345678901234567890123"
BROTLI: Answer = (201, b"\x8b\x05\x80", {"Content-Encoding": "br"})
WHY = "(Content-Encoding br: only gzip and deflate can be read; 3 bytes)"


def test_one_request_is_judged_by_what_is_packed_and_measured_as_it_came(meet: Meet) -> None:
    expect = {"json": ["id"], "body": '"done"'}
    process, api = meet(ZIPPED, plan=scenario(expect=expect, headers={"Accept-Encoding": "gzip"}))
    process.add()
    one_operation(process)
    assert process.endpoint().succeeded == process.record().started
    assert api.requests[0].headers["accept-encoding"] == "gzip"
    sizes = process.environment.stats.total
    assert sizes.total_content_length == sizes.num_requests * len(PACKED)


@pytest.mark.parametrize("expect", [{"json": ["id"]}, {"json": {"$.id": 1}}, {"body": "id"}])
def test_an_encoding_that_nobody_reads_is_named(meet: Meet, expect: dict[str, Any]) -> None:
    process, _ = meet(BROTLI, plan=scenario(expect=expect))
    process.add()
    one_operation(process)
    (told,) = process.endpoint().errors.examples.values()
    assert told.endswith(f": {WHY}")


def test_where_only_the_status_counts_any_encoding_is_a_success(meet: Meet) -> None:
    process, _ = meet(BROTLI)
    process.add()
    one_operation(process)
    assert process.endpoint().failed == 0


def test_captures_checks_and_polls_read_what_is_packed(meet: Meet) -> None:
    step = {
        "post": "/a",
        "json": {},
        "expect": {"json": {"$.status": "done"}, "body": "sta"},
        "capture": {"id": "$.id", "word": "regex:(do\\w+)"},
    }
    poll = {"until": {"$.status": "done"}, "every": "10ms", "timeout": "1s"}
    steps = [step, {"name": "wait", "get": "/jobs/{{ id }}/{{ word }}", "poll": poll}]
    process, api = meet(ZIPPED, plan=scenario(steps=steps, payload_bytes=1024))
    process.add(FlowUser)
    one_operation(process)
    assert process.record().overall().failed == 0
    assert api.paths[:2] == ["/a", f"/jobs/{LONG_ID}/done"]


def test_a_capture_from_what_nobody_reads_says_so(meet: Meet) -> None:
    steps = [{"name": "a", "get": "/a", "capture": {"id": "$.id"}}]
    process, _ = meet(BROTLI, plan=scenario(steps=steps, payload_bytes=1024))
    process.add(FlowUser)
    one_operation(process)
    assert process.step("a").errors.examples == {
        "no-capture": f"not JSON, so id is not there ($.id): {WHY}"
    }


def test_a_failure_shows_what_is_packed(meet: Meet) -> None:
    body = gzip.compress(b'{"error": "no such queue"}')
    process, _ = meet((404, body, {"Content-Encoding": "gzip"}))
    process.add()
    one_operation(process)
    assert process.endpoint().errors.examples == {"http-404": '{"error": "no such queue"}'}


def test_a_follower_finds_its_job_in_what_is_packed(meet: Meet) -> None:
    process, api = meet(ZIPPED, plan=scenario(users_mix={"JobFollower": 1}))
    process.add(JobFollower)
    one_operation(process)
    wait_until(lambda: process.record().completion.succeeded >= 1)
    assert f"/api/v1/jobs/{LONG_ID}" in api.paths


class Reads(OperationUser):
    said: Any = None

    def operation(self) -> None:
        reply = self.get("/a", name="a")
        type(self).said = reply.text, reply.body
        reply.json()


def test_users_in_python_read_what_is_packed(meet: Meet) -> None:
    process, _ = meet(ZIPPED, plan=scenario(users_mix={"Reads": 1}))
    process.add(Reads)
    one_operation(process)
    assert process.record().overall().succeeded == process.record().started
    assert Reads.said == (SAID.decode(), SAID)


# --- each reply is parsed once ------------------------------------------------------------------


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The replies that have been parsed."""
    bodies: list[bytes] = []
    real = orjson.loads

    def noted(body: bytes) -> Any:
        if body.startswith((b'{"id"', b'{"state"')):
            bodies.append(body)
        return real(body)

    monkeypatch.setattr(orjson, "loads", noted)
    return bodies


@pytest.mark.parametrize("keys", [["id"], {"$.id": "j1", "$.state": "done"}])
def test_keys_values_and_captures_are_read_from_one_parse(
    meet: Meet, parsed: list[bytes], keys: Any
) -> None:
    answer: Answer = (200, b'{"id": "j1", "state": "done"}')
    expect = {"json": keys, "body": "id"}
    step = {"get": "/a", "expect": expect, "capture": {"id": "$.id", "state": "$.state"}}
    process, api = meet(answer, plan=scenario(steps=[step], payload_bytes=1024))
    process.add(FlowUser)
    one_operation(process)
    assert process.record().overall().failed == 0
    assert len(parsed) == len(api.requests)


def test_a_poll_reads_what_is_expected_and_what_it_waits_for_from_one_parse(
    meet: Meet, parsed: list[bytes]
) -> None:
    states = [b"new", b"new", b"done"]

    def script(_: Request) -> Answer:
        return 200, b'{"state": "%b"}' % (states.pop(0) if states else b"done")

    poll = {"until": {"$.state": "done"}, "fail": {"$.state": "lost"}, "every": "1ms"}
    step = {"get": "/a", "expect": {"json": ["state"]}, "poll": poll}
    process, api = meet(plan=scenario(steps=[step], payload_bytes=1024), script=script)
    process.add(FlowUser)
    one_operation(process)
    assert process.record().overall().failed == 0
    assert len(parsed) == len(api.requests) >= 3


def test_one_request_is_parsed_once(meet: Meet, parsed: list[bytes]) -> None:
    process, api = meet((200, b'{"id": 1}'), plan=scenario(expect={"json": ["id"]}))
    process.add()
    one_operation(process)
    assert process.endpoint().failed == 0
    assert len(parsed) == len(api.requests)


SECRET = "HunterTwo22HunterTwo22"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(f"no such token {SECRET}".encode(), mtime=0), "gzip"),
        (b"x", SECRET),
        (b"x", f"{'a' * 30}{SECRET}"),
    ],
)
def test_a_secret_in_what_is_packed_or_in_the_name_of_the_packing_is_not_shown(
    meet: Meet, body: bytes, encoding: str
) -> None:
    plan = scenario(headers={"X-Api-Key": "${KEY}"})
    process, _ = meet(
        (400, body, {"Content-Encoding": encoding}), plan=plan, environ={"KEY": SECRET}
    )
    process.add()
    one_operation(process)
    (told,) = process.endpoint().errors.examples.values()
    assert "***" in told
    assert "hunter" not in told.lower()


def test_punycode_is_no_charset_of_a_text() -> None:
    """It takes time by the square of its length."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=punycode\r\n\r\n"
    assert Reply(200, b"a-b", head).text == "a-b"


@pytest.mark.parametrize(
    ("named", "charset"),
    [
        ("text/plain; charset=ISO-8859-1", "latin-1"),
        ('text/html;Charset="utf-16"', "utf-16"),
        ("text/plain; format=flowed; charset=Shift_JIS", "shift_jis"),
        ("text/plain", "utf-8"),
        ("text/plain; charset=nobody-knows", "utf-8"),
        ("text/plain; charset=hex", "utf-8"),
        ("text/plain; charset=idna", "utf-8"),
        ("text/plain; charset=unicode_escape", "utf-8"),
        ("text/plain; charset=utf7", "utf-8"),
    ],
)
def test_text_is_read_by_the_charset_that_it_names(meet: Meet, named: str, charset: str) -> None:
    word = "日本" if charset == "shift_jis" else "Jürgen"
    said: Answer = (200, f"id={word};".encode(charset), {"Content-Type": named})
    first = {"get": "/a", "expect": {"body": f"id={word}"}, "capture": {"id": "regex:id=(\\w+)"}}
    steps = [first, {"post": "/b", "body": "{{ id }}"}]
    process, api = meet(said, plan=scenario(steps=steps, payload_bytes=1024))
    process.add(FlowUser)
    one_operation(process)
    assert api.requests[1].body == word.encode()
