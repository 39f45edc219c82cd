"""Recordings of a browser: what is a call, what came out of a reply, what is a secret."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from scripted_api import Answer, Request

from init.replayed import assert_all_succeeded, replayed, steps_in, written
from jobload.cli import main

from .recording import HOST, TOKEN, Recording


def taken(recording: Recording, folder: Path, *options: str) -> list[dict[str, Any]]:
    return steps_in(written(folder / "out", "--har", recording.write(folder), *options))


# --- what came out of a reply and went into a later request ----------------------------------


@pytest.mark.parametrize(
    ("reply", "then", "capture", "path"),
    [
        ({"id": 42}, "/jobs/42", {"job_id": "$.id"}, "/jobs/{{ job_id }}"),
        ({"jobId": "a-b"}, "/jobs/a-b/log", {"job_id": "$.jobId"}, "/jobs/{{ job_id }}/log"),
        (
            {"data": {"job": {"ref": "J/7 x"}}},
            "/jobs/J%2F7%20x",
            {"job_ref": "$.data.job.ref"},
            "/jobs/{{ job_ref }}",
        ),
        ([{"id": 1}, {"id": 99123}], "/jobs/99123", {"job_id": "$[1].id"}, "/jobs/{{ job_id }}"),
        ({"task-id": "k77"}, "/t?of=k77", {"task_id": '$["task-id"]'}, "/t?of={{ task_id }}"),
        ("8841", "/jobs/8841", {"job_id": "$"}, "/jobs/{{ job_id }}"),
        (
            {"next": "/pages/2?cursor=abc9"},
            "/pages/2?cursor=abc9",
            {"next": "$.next"},
            "{{ next }}",
        ),
    ],
    ids=str,
)
def test_a_value_of_a_reply_in_a_later_path_or_query(
    reply: Any, then: str, capture: dict[str, str], path: str, tmp_path: Path
) -> None:
    recording = Recording().add("POST /jobs", reply, sent={"n": 1}).add(f"GET {then}", {})
    first, second = taken(recording, tmp_path)
    assert first["capture"] == capture
    assert second["get"] == path


@pytest.mark.parametrize("location", ["/jobs/j-17/status", f"{HOST}/jobs/j-17/status"])
def test_a_location_is_followed(location: str, tmp_path: Path) -> None:
    recording = Recording().add(
        "POST /jobs", status=202, sent={}, reply_headers={"Location": location}
    )
    first, second, third = taken(
        recording.add("GET /jobs/j-17/status", {}).add("GET /jobs/j-17/status/log", {}), tmp_path
    )
    assert first["capture"] == {"location": "header:location"}
    assert first["expect"] == {"status": [202]}
    assert (second["get"], third["get"]) == ("{{ location }}", "{{ location }}/log")


def test_values_go_into_bodies_forms_and_headers_with_their_type(tmp_path: Path) -> None:
    made = {"id": 70001, "etag": "v-9a8b7c", "csrf": "c5rf0123456789abcdef"}
    recording = (
        Recording()
        .add("POST /jobs", made, sent={})
        .add(
            "PUT /x",
            {},
            sent={"job": {"id": 70001, "text": "70001"}, "list": ["v-9a8b7c"]},
            headers={"If-Match": "v-9a8b7c", "X-Csrf": "c5rf0123456789abcdef"},
        )
        .add("POST /y", {}, sent="a=1&etag=v-9a8b7c", kind="application/x-www-form-urlencoded")
    )
    _, put, form = taken(recording, tmp_path)
    assert put["json"] == {"job": {"id": "{{ job_id }}", "text": "70001"}, "list": ["{{ etag }}"]}
    assert put["headers"] == {"If-Match": "{{ etag }}", "X-Csrf": "{{ csrf }}"}
    assert form["form"] == {"a": "1", "etag": "{{ etag }}"}


def test_what_was_sent_first_did_not_come_out_of_the_reply(tmp_path: Path) -> None:
    """An API that says again what it was told."""
    name = "report-2026-03"
    recording = (
        Recording()
        .add("POST /jobs", {"id": name}, sent={"name": name})
        .add(f"GET /jobs/{name}", {})
    )
    first, second = taken(recording, tmp_path)
    assert "capture" not in first
    assert second["get"] == f"/jobs/{name}"


@pytest.mark.parametrize(
    ("reply", "then"),
    [
        ({"count": 3}, "GET /jobs?page=3"),
        ({"status": "done"}, "GET /list/done"),
        ({"ok": True}, "GET /flags/true"),
        ({"user": {"id": 7}}, "GET /pages/7"),
        ({"total": 12.5}, "GET /prices/12.5"),
    ],
    ids=str,
)
def test_a_word_or_a_small_number_that_is_the_same_by_chance_is_let_be(
    reply: Any, then: str, tmp_path: Path
) -> None:
    first, second = taken(Recording().add("GET /a", reply).add(then, {}), tmp_path)
    assert "capture" not in first
    assert second["get"] == then.removeprefix("GET ")


def test_a_token_of_a_page_goes_into_its_form(tmp_path: Path) -> None:
    page = '<form><input type="hidden" name="csrf_token" value="tok-8812ab"></form>'
    recording = (
        Recording()
        .add("GET /", "<p>welcome</p>", reply_kind="text/html", resource="document")
        .add("GET /login", page, reply_kind="text/html", resource="document")
        .add(
            "POST /login",
            sent="user=ann&csrf_token=tok-8812ab",
            kind="application/x-www-form-urlencoded",
            status=302,
            resource="document",
        )
    )
    first, second = taken(recording, tmp_path)
    assert first["get"] == "/login"
    assert second["form"] == {"user": "ann", "csrf_token": "{{ csrf_token }}"}
    (pattern,) = first["capture"].values()
    assert re.findall(pattern.removeprefix("regex:"), page.replace("8812ab", "new")) == ["tok-new"]


# --- polling ----------------------------------------------------------------------------------


def test_a_request_that_was_repeated_until_its_reply_changed_is_a_poll(tmp_path: Path) -> None:
    recording = Recording().add("POST /jobs", {"id": "job-1"}, sent={}, status=202)
    for state in ("queued", "running", "running", "done"):
        recording.add("GET /jobs/job-1", {"job": {"state": state}}, after_ms=400)
    recording.add("GET /jobs/job-1/result", {})
    _, poll, _ = taken(recording, tmp_path)
    assert poll["poll"] == {"until": {"$.job.state": "done"}, "every": "400ms", "timeout": "30s"}
    assert poll["expect"] == {"status": [200]}


def test_a_poll_may_end_with_another_status(tmp_path: Path) -> None:
    recording = Recording().add("POST /jobs", {"id": "job-1"}, sent={})
    for _ in range(2):
        recording.add("GET /jobs/job-1", {}, after_ms=300)
    recording.add("GET /jobs/job-1", status=303, reply_headers={"Location": "/results/r-99"})
    recording.add("GET /results/r-99", {})
    _, poll, result = taken(recording, tmp_path)
    assert poll["poll"]["until"] == {"status": 303}
    assert poll["capture"] == {"location": "header:location"}
    assert result["get"] == "{{ location }}"


def test_a_request_repeated_without_a_reason_is_taken_once_and_said_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording()
    for _ in range(3):
        recording.add("GET /a", {"status": "ok"})
    (step,) = taken(recording, tmp_path)
    assert "poll" not in step
    assert "GET /a: It was sent 3 times in a row, and is taken once." in capsys.readouterr().out


# --- what is no call ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (
            ("GET /app.js", {"reply_kind": "text/javascript", "resource": "script"}),
            "files of a page",
        ),
        (("GET /logo", {"reply_kind": "image/png", "resource": "other"}), "files of a page"),
        (("GET /x.woff2", {"reply_kind": "", "resource": ""}), "files of a page"),
        (("GET /home", {"reply_kind": "text/html", "resource": "document"}), "pages"),
        (("GET ws://api.example.org:8000/live", {"status": 101}), "no HTTP requests"),
        (("GET data:text/plain,x", {}), "no HTTP requests"),
        (("GET /gone", {"status": 404}), "failed in the recording (404)"),
        (("GET /blocked", {"status": 0}), "no reply"),
        (("PROPFIND /dav", {}), "PROPFIND is no method"),
        (("GET /events", {"reply_kind": "text/event-stream"}), "streams of events"),
        (("GET https://ads.example.net/t", {}), "another host than http://api.example.org:8000"),
        (
            ("OPTIONS /jobs", {"headers": {"Access-Control-Request-Method": "POST"}}),
            "the browser asks by itself",
        ),
        (
            (
                "POST /up",
                {"sent": 'x; filename="a.bin"', "kind": "multipart/form-data; boundary=x"},
            ),
            "files that it sent",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_no_call_is_left_out_and_said_so(
    entry: tuple[str, Any], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request, more = entry
    recording = Recording().add("GET /api/a", {}).add("GET /api/b", {}).add(request, **more)
    assert [step["get"] for step in taken(recording, tmp_path)] == ["/api/a", "/api/b"]
    console = capsys.readouterr().out
    (line,) = [line for line in console.splitlines() if line.startswith("not taken over: ")]
    assert reason in line
    comments = [each.removeprefix("# ") for each in _comments(tmp_path / "out/scenarios.yaml")]
    assert reason in " ".join(comments)


def _comments(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if line.startswith("# ")]


def test_a_port_that_is_meant_anyway_is_no_other_host(tmp_path: Path) -> None:
    recording = (
        Recording("https://h.example").add("GET /a", {}).add("GET https://H.example:443/b", {})
    )
    assert [step["get"] for step in taken(recording, tmp_path)] == ["/a", "/b"]


def test_a_recording_without_a_call_is_told_with_the_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Recording().add("GET /a.css", resource="stylesheet").write(tmp_path)
    assert main(["init", "--har", file, "--into", str(tmp_path / "out")]) == 2
    assert "has no call of an API: they are files of a page (1)" in capsys.readouterr().err


# --- secrets ------------------------------------------------------------------------------------

SECRETS = {
    "password": "hunter2-and-more",
    "refresh": "r3fr3sh-t0k3n-of-mine",
    "cookie": "c00kie-of-a-session",
    "key": "k3y-in-the-query-1",
    "basic": "YW5uOnBhc3N3b3Jk",
    "part": "secret-in-a-part-8",
    "xml": "secret-in-an-element",
}


def secretive() -> Recording:
    multipart = (
        f'--B\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n{SECRETS["part"]}\r\n--B--'
    )
    return (
        Recording("http://ann:hunter2-and-more@api.example.org:8000")
        .add(
            "POST /login",
            {"access_token": TOKEN, "refresh_token": SECRETS["refresh"]},
            sent={"user": "ann", "password": SECRETS["password"], "again": SECRETS["password"]},
            headers={"Cookie": f"theme=dark-theme-9; sid={SECRETS['cookie']}"},
        )
        .add(
            f"GET /me?api_key={SECRETS['key']}&x=1",
            {},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        .add("GET /a", {}, headers={"Authorization": f"Basic {SECRETS['basic']}"})
        .add(f"GET /b/{TOKEN[:-1]}x/c", {})
        .add("POST /p", {}, sent=multipart, kind="multipart/form-data; boundary=B")
        .add("POST /s", {}, sent=f"<a><password>{SECRETS['xml']}</password></a>", kind="text/xml")
    )


def test_no_secret_is_written_or_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = taken(secretive(), tmp_path)
    shown = capsys.readouterr().out + "".join(
        each.read_text() for each in (tmp_path / "out").iterdir()
    )
    for secret in (*SECRETS.values(), TOKEN, TOKEN[:-1] + "x", "dark-theme-9"):
        assert secret not in shown
    assert steps[0]["json"] == {"user": "ann", "password": "${PASSWORD}", "again": "${PASSWORD}"}
    assert steps[0]["headers"] == {"Cookie": "theme=${THEME_COOKIE}; sid=${SID_COOKIE}"}
    assert steps[1]["get"] == "/me?api_key=${API_KEY}&x=1"
    assert steps[1]["headers"] == {"Authorization": "Bearer {{ access_token }}"}
    assert steps[2]["headers"] == {"Authorization": "Basic ${AUTHORIZATION}"}
    for name in ("PASSWORD", "SID_COOKIE", "API_KEY", "AUTHORIZATION"):
        assert f"export {name}=..." in shown


def test_cookies_that_the_api_sets_are_left_to_jobload(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = (
        Recording()
        .add("POST /login", {}, sent={}, reply_headers={"Set-Cookie": "sid=x; HttpOnly"})
        .add("GET /me", {}, headers={"Cookie": "sid=x; old=was-there-before"})
    )
    _, me = taken(recording, tmp_path)
    assert me["headers"] == {"Cookie": "old=${OLD_COOKIE}"}
    assert "Cookies that the API sets are kept by jobload: sid." in capsys.readouterr().out


def test_what_a_browser_adds_is_left_out(tmp_path: Path) -> None:
    noise = {
        ":authority": "x", "Host": "x", "User-Agent": "Mozilla", "Accept": "*/*", "Referer": "http://x/",
        "Accept-Encoding": "gzip", "sec-ch-ua": "x", "Connection": "keep-alive", "Origin": "http://x",
        "If-None-Match": "x", "X-Tenant": "t1", "Content-Type": "application/json",
    }  # fmt: skip
    (step,) = taken(Recording().add("POST /a", {}, sent={"a": 1}, headers=noise), tmp_path)
    assert step["headers"] == {"X-Tenant": "t1"}


# --- the rest -----------------------------------------------------------------------------------


def test_pauses_are_taken_when_asked_for(tmp_path: Path) -> None:
    recording = Recording().add("GET /a", {}).add("GET /b", {}, after_ms=55)
    file = recording.add("GET /c", {}, after_ms=2005).write(tmp_path)
    without = steps_in(written(tmp_path / "without", "--har", file))
    assert [step["get"] for step in without] == ["/a", "/b", "/c"]
    steps = steps_in(written(tmp_path / "with", "--har", file, "--pauses"))
    assert [step.get("pause", step.get("get")) for step in steps] == ["/a", "/b", "2000ms", "/c"]


def test_of_more_steps_than_a_flow_can_have_the_rest_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = Recording()
    for number in range(130):
        recording.add(f"GET /n/{number}", {})
    assert len(taken(recording, tmp_path)) == 100
    console = capsys.readouterr().out
    assert "a flow has at most 100 steps: GET /n/100, " in console
    assert "and 22 more" in console


def test_a_large_body_goes_into_a_file_of_its_own(tmp_path: Path) -> None:
    rows = [{"n": number, "text": "x" * 90} for number in range(80)]
    (step,) = taken(Recording().add("POST /bulk", {}, sent={"rows": rows}), tmp_path)
    file = step["body"]["file"]
    assert json.loads((tmp_path / "out" / file).read_bytes()) == {"rows": rows}
    assert step["headers"]["Content-Type"] == "application/json"


def test_bodies_that_yaml_can_not_hold_are_sent_as_they_were(tmp_path: Path) -> None:
    deep: Any = {"x": 1}
    for _ in range(15):
        deep = {"a": [deep]}
    bodies = [
        deep,
        {"n": 2**62, "m": 12345678901234567890},
        {"{{ a }}": "{{ b }}", "${C}": 1},
        None,
    ]
    recording = Recording()
    for number, body in enumerate(bodies):
        recording.add(f"POST /{number}", {}, sent=json.dumps(body))
    file = written(tmp_path / "out", "--har", recording.write(tmp_path))

    def server(request: Request) -> Answer:
        same = request.job == bodies[int(request.path[1:])]
        return (
            200 if same and request.headers["content-type"] == "application/json" else 400
        ), b"{}"

    with replayed(file, server) as (process, _):
        assert_all_succeeded(process)


def test_a_recording_is_replayed_on_a_server_with_other_ids(tmp_path: Path) -> None:
    """The server gives other tokens and ids than when it was recorded, and takes only those."""
    recording = (
        Recording()
        .add("POST /login", {"token": TOKEN, "user": {"id": 7}},
             sent={"name": "ann", "password": "pw-123456"})
        .add("GET /users/7", {"name": "Ann"}, headers={"Authorization": f"Bearer {TOKEN}"})
        .add("POST /jobs", {"data": {"id": "j-1001"}}, sent={"owner": 7, "n": 1}, status=201,
             headers={"Authorization": f"Bearer {TOKEN}"})
        .add("GET /jobs/j-1001", {"state": "running"}, after_ms=100)
        .add("GET /jobs/j-1001", {"state": "done", "result": "/results/r-5000"}, after_ms=100)
        .add("GET /results/r-5000", {"rows": []})
    )  # fmt: skip
    file = written(tmp_path / "out", "--har", recording.write(tmp_path))
    looks = 0

    def server(request: Request) -> Answer:
        nonlocal looks
        said = f"{request.method} {request.path}"
        if said == "POST /login" and request.job["password"] == "s3cret":
            return 200, b'{"token": "fresh-token", "user": {"id": 8}}'
        token = request.headers.get("authorization")
        if said.startswith(("GET /users", "POST")) and token != "Bearer fresh-token":
            return 401, b"{}"
        if said == "POST /jobs":
            return 201, b'{"data": {"id": "j-2002"}}'
        if said == "GET /jobs/j-2002":
            looks += 1
            state = "done" if looks % 3 == 0 else "running"
            return 200, json.dumps({"state": state, "result": "/results/r-6000"}).encode()
        return (200 if said in ("GET /users/8", "GET /results/r-6000") else 404), b"{}"

    with replayed(file, server, {"PASSWORD": "s3cret"}) as (process, api):
        assert_all_succeeded(process)
    assert "/results/r-6000" in api.paths


@pytest.mark.slow
def test_a_large_recording_takes_seconds_and_is_bounded(tmp_path: Path) -> None:
    recording = Recording()
    for number in range(400):
        rows = [{"id": 10**6 + number * 1000 + row, "name": f"n{row}"} for row in range(200)]
        recording.add(f"GET /page/{number}", rows)
    began_s = time.monotonic()
    assert len(taken(recording, tmp_path)) == 100
    assert time.monotonic() - began_s < 20


def test_cookies_in_several_headers_are_all_sent(tmp_path: Path) -> None:
    """As browsers record them of HTTP/2."""
    file = Path(Recording().add("GET /jobs", {}).write(tmp_path))
    recorded = json.loads(file.read_text())
    pairs = [{"name": "cookie", "value": "a=1"}, {"name": "cookie", "value": "b=2"}]
    recorded["log"]["entries"][0]["request"]["headers"] = pairs
    file.write_text(json.dumps(recorded))
    (step,) = steps_in(written(tmp_path / "out", "--har", str(file)))
    assert step["headers"] == {"cookie": "a=${A_COOKIE}; b=${B_COOKIE}"}
