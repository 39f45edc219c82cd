"""Curl commands as browsers copy them, as documentation shows them, and as people type them."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_api import Answer, Request

from init.replayed import assert_all_succeeded, replayed, steps_in, written
from jobload.cli import main
from jobload.init.curl.command_words import command_words

CHROME_BASH = r"""curl 'https://api.example.org/v1/jobs?kind=a%20b' \
  -H 'accept: application/json, text/plain, */*' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'authorization: Bearer abcdefghij' \
  -H 'content-type: application/json' \
  -b 'sid=c00kie-one; theme=dark' \
  -H 'origin: https://app.example.org' \
  -H 'sec-ch-ua: "Chromium";v="142"' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux x86_64)' \
  --data-raw $'{"name":"it\'s \u0021 \\n","args":{"n":1}}'"""
CHROME_CMD = r'''curl ^"https://api.example.org/v1/jobs?kind=a^%^20b^" ^
  -H ^"accept: application/json, text/plain, */*^" ^
  -H ^"authorization: Bearer abcdefghij^" ^
  -H ^"content-type: application/json^" ^
  -b ^"sid=c00kie-one; theme=dark^" ^
  -H ^"sec-ch-ua: ^\^"Chromium^\^";v=^\^"142^\^"^" ^
  --data-raw ^"^{^\^"name^\^":^\^"it's ^! ^\^\n^\^",^\^"args^\^":^{^\^"n^\^":1^}^}^"'''
FIREFOX_BASH = (
    "curl 'https://api.example.org/v1/jobs?kind=a%20b' --compressed -X POST"
    " -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0)' -H 'Accept: application/json'"
    " -H 'Accept-Language: en-US' -H 'Accept-Encoding: gzip, deflate, br, zstd'"
    " -H 'Content-Type: application/json' -H 'Authorization: Bearer abcdefghij'"
    " -H 'Connection: keep-alive' -H 'Cookie: sid=c00kie-one; theme=dark' -H 'Priority: u=0'"
    " -H 'Pragma: no-cache' -H 'TE: trailers'"
    """ --data-raw $'{"name":"it\\'s \\u0021 \\\\n","args":{"n":1}}'"""
)
FIREFOX_CMD = r'''curl.exe ^"https://api.example.org/v1/jobs?kind=a^%^20b^" ^
  --compressed ^
  -X POST ^
  -H ^"Content-Type: application/json^" ^
  -H ^"Authorization: Bearer abcdefghij^" ^
  -H ^"Cookie: sid=c00kie-one; theme=dark^" ^
  --data-raw ^"^{^\^"name^\^":^\^"it's ^! ^\^\n^\^",^\^"args^\^":^{^\^"n^\^":1^}^}^"'''


def step_of(command: str, folder: Path) -> dict[str, Any]:
    (step,) = steps_in(written(folder / "out", "--curl", command))
    return step


@pytest.mark.parametrize(
    "command",
    [CHROME_BASH, CHROME_CMD, CHROME_CMD.replace("\n", "\r\n"), FIREFOX_BASH, FIREFOX_CMD],
    ids=["chrome-bash", "chrome-cmd", "chrome-cmd-crlf", "firefox-bash", "firefox-cmd"],
)
def test_what_a_browser_copies_becomes_the_same_step(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = step_of(command, tmp_path)
    assert step["post"] == "/v1/jobs?kind=a%20b"
    assert step["json"] == {"name": "it's ! \n", "args": {"n": 1}}
    headers = {name.lower(): value for name, value in step["headers"].items()}
    headers.pop("accept", None)
    assert headers == {
        "authorization": "Bearer ${AUTHORIZATION}",
        "cookie": "sid=${SID_COOKIE}; theme=${THEME_COOKIE}",
    }
    shown = capsys.readouterr().out + (tmp_path / "out/scenarios.yaml").read_text()
    assert "abcdefghij" not in shown
    assert "c00kie-one" not in shown
    assert "not taken over" not in shown.lower()
    assert "--host https://api.example.org" in shown


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("curl http://h/a", {"get": "/a"}),
        ("curl -X DELETE http://h/a/1", {"delete": "/a/1"}),
        ("curl -XPUT http://h/a -d a=1 -d b=2", {"put": "/a", "form": {"a": "1", "b": "2"}}),
        ("curl h:8000", {"get": "/"}),
        ("$ curl -sSLfv -o /dev/null http://h/a", {"get": "/a"}),
        ("curl -I http://h/a", {"head": "/a"}),
        ("curl -G http://h/a?x=1 -d y=2", {"get": "/a?x=1&y=2"}),
        ("curl --json '{\"a\": [1]}' http://h/a", {"post": "/a", "json": {"a": [1]}}),
        ("curl http://h/a --data-urlencode 'q=a b&c'", {"post": "/a", "form": {"q": "a b&c"}}),
        ("curl http://h/a -d 'x${A}=b c'", {"post": "/a", "body": "x%24%7BA%7D=b%20c"}),
        ("curl http://h/a -d 'x{{ a }}=1'", {"post": "/a", "body": "x%7B%7B%20a%20%7D%7D=1"}),
        ("curl http://h/a -d a=1 -d a=2", {"post": "/a", "body": "a=1&a=2"}),
        ("curl h/a -H 'X-A: 1' -H 'X-B:' -H 'X-C;'", {"headers": {"X-A": "1", "X-C": ""}}),
        ("curl -u ann:pw http://h/", {"headers": {"Authorization": "Basic ${AUTHORIZATION}"}}),
        ("curl http://ann:pw@h/", {"headers": {"Authorization": "Basic ${AUTHORIZATION}"}}),
        (
            "curl --oauth2-bearer tok http://h/",
            {"headers": {"Authorization": "Bearer ${AUTHORIZATION}"}},
        ),
        (
            'curl -H "Authorization: Bearer $TOKEN" "http://h/${ID}/x"',
            {"get": "/${ID}/x", "headers": {"Authorization": "Bearer ${TOKEN}"}},
        ),
        ("curl 'http://h/a?x={{y}}&z=$Z'", {"get": "/a?x=%7B%7By%7D%7D&z=$Z"}),
        ("curl http://h/ä%zz", {"get": "/%C3%A4%25zz"}),
        (
            "curl http://h/a -H 'Content-Type: text/plain' -d 'hello {{ you }}'",
            {"body": "hello {{ choice('{{') }} you }}", "headers": {"Content-Type": "text/plain"}},
        ),
        ("curl http://h/a | jq .id", {"get": "/a"}),
        ("# don't wait\n$ curl h/a#b '#' -X PUT # why\n -d '# a'", {"put": "/a", "body": "# a"}),
        ("curl h/a -H 'X-A: 1' -H 'x-a: 2'", {"headers": {"X-A": "1, 2"}}),
        (
            "curl -u ann:pw -H 'Authorization: Bearer tok' http://h/",
            {"headers": {"Authorization": "Bearer ${AUTHORIZATION}"}},
        ),
        ("curl -b a=1 -H 'Cookie: d=4' http://h/", {"headers": {"Cookie": "d=${D_COOKIE}"}}),
        ("curl http://h/a -d plain", {"post": "/a", "body": "plain"}),
        ("curl http://h/a --data-binary $'a=1\\nb'", {"form": {"a": "1\nb"}}),
        ("curl http://h/a --data-binary $'1\\n&b=2'", {"body": "1\n&b=2"}),
        (
            "curl --json '{\"n\": 12345678901234567890123}' http://h/a",
            {"body": '{"n": 12345678901234567890123}'},
        ),
        (
            "curl -d '{}' -H 'Content-Type: application/json; odata=verbose' http://h/a",
            {"json": {}, "headers": {"Content-Type": "application/json; odata=verbose"}},
        ),
        (
            # What stands in the body as well is known to be the same.
            "curl http://ann:p%40w@h/ -H 'Content-Type: text/plain' -d YW5uOnBAdw==",
            {"body": "${AUTHORIZATION}"},
        ),
        ("curl http://h/a -d $'\\ud800'", {"body": "�"}),
        ("curl -F file=@a.png http://h/a", {"post": "/a"}),
        ("curl -T a.png http://h/a", {"put": "/a"}),
        (f"curl --json '{'[' * 1000}{']' * 1000}' http://h/a", {"body": "[" * 1000 + "]" * 1000}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_command_and_its_step(command: str, expected: dict[str, Any], tmp_path: Path) -> None:
    step = step_of(command, tmp_path)
    assert {key: step.get(key) for key in expected} == expected


def test_a_secret_in_a_query_is_held_as_it_stands_there(tmp_path: Path) -> None:
    """What a variable holds goes into a path as it is: decoded, it would be cut at its &."""
    assert step_of("curl 'http://h/?api_key=a%2Bb%26'", tmp_path)["get"] == "/?api_key=${API_KEY}"
    text = (tmp_path / "out/scenarios.yaml").read_text()
    assert "export API_KEY=...    # api_key, percent-encoded as in an address" in text


def test_a_body_in_parts_keeps_its_lines_and_loses_its_secret(tmp_path: Path) -> None:
    """As Chrome copies a form with a file input that was left empty."""
    part = '------WebKit\\r\\nContent-Disposition: form-data; name="'
    body = (
        f'{part}password"\\r\\n\\r\\nhunter2\\r\\n{part}n"\\r\\n\\r\\n1\\r\\n------WebKit--\\r\\n'
    )
    kind = "multipart/form-data; boundary=----WebKit"
    step = step_of(f"curl http://h/up -H 'content-type: {kind}' --data-raw $'{body}'", tmp_path)
    assert step["headers"]["Content-Type"] == kind
    assert step["body"] == body.replace("\\r\\n", "\r\n").replace("hunter2", "${PASSWORD}")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("curl http://h/ --frobnicate -x http://p -m 3", ["--frobnicate", "-x", "-m"]),
        ("curl http://h/ -F file=@a.png", ["-F"]),
        ("curl http://h/a http://h/b", ["more addresses than one: http://h/b"]),
        ("curl http://h/ -b cookies.txt", ["a file of cookies: cookies.txt"]),
        ('curl "https://$API_HOST:443/a"', ["--host https://${API_HOST}\n"]),
        ("curl http://h/ -H @headers.txt", ["a file of headers: @headers.txt"]),
        ("curl -k http://h/", ["tls: {verify: false}"]),
        ("curl -L http://h/", ["redirects are followed"]),
        ("curl http://h/ -W", ["-W"]),
        ("curl --netrc http://h/", ["--netrc"]),
        ("curl --location-t http://h/", ["--location-trusted"]),
        ("curl http://h/ --H x", ["-H"]),
        ("curl http://h/ --data-urlenco", ["--data-urlencode"]),
        ("curl http://h/ -X POST -d", ["-d"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_taken_over_is_named(
    command: str, told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step_of(command, tmp_path)
    console = capsys.readouterr().out
    assert all(each in console for each in told), console


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("", "does not begin with curl"),
        ("wget http://h/", "does not begin with curl"),
        ("curl", "names no address"),
        ("curl -X POST", "names no address"),
        ("curl 'http://h/", "a quote is not closed"),
        ('curl ^"http://h/', "a quote is not closed"),
        ("curl ftp://h/x", "is no address of http or https"),
        ("curl http://", "is no address of http or https"),
        ("curl http://h:99999/", "is no address"),
        ("curl http://[::1/", "is no address"),
        ("curl -X PURGE http://h/", "PURGE is no method of a step"),
        ("curl -d @nowhere.json http://h/", "nowhere.json, which it sends, can't be read"),
        ("curl -d @- http://h/", "from stdin"),
        ('curl h/ -H "X-Id: $(uuidgen)"', "$( is run by a shell; write what it gives"),
        ("curl h/?`date`", "` is run by a shell"),
        ("curl -d x\udcff http://h/", "bytes that are not UTF-8"),
        ("curl -d @f\0 http://h/", "holds a NUL"),
        ("Invoke-WebRequest -Uri http://h/", "is not curl; copy it as cURL (bash)"),
        ('fetch("http://h/")', "is not curl; copy it as cURL (bash)"),
    ],
    ids=lambda value: value,
)
def test_what_is_no_command_is_one_sentence(
    command: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not command:
        command = " "
    assert main(["init", "--curl", command, "--into", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("--curl: ")
    assert sentence in line
    assert not (tmp_path / "out").exists()


def test_a_command_comes_from_stdin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("curl http://h/a\n"))
    assert step_of("-", tmp_path)["get"] == "/a"


def test_a_file_that_it_sends_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.json").write_text('{"n": 1}\n')
    assert step_of("curl --json @job.json http://h/a", tmp_path)["json"] == {"n": 1}


@pytest.mark.processes
def test_what_curl_sends_and_what_the_step_sends_is_one_request(tmp_path: Path) -> None:
    """Real curl and the real user, against one server."""
    command = (
        "curl -s {host}/v1/jobs?kind=a%20b -H 'X-Tenant: t' -u ann:pw"
        ' -H \'Content-Type: application/json\' -d \'{{"n": 1, "text": "ü {{{{x}}}}"}}\''
    )
    seen: list[Request] = []

    def server(request: Request) -> Answer:
        seen.append(request)
        return 201, b"{}"

    file = written(tmp_path / "out", "--curl", command.format(host="http://127.0.0.1"))
    with replayed(file, server, {"AUTHORIZATION": "YW5uOnB3"}) as (process, api):
        assert_all_succeeded(process)
        ours = seen[-1]
        subprocess.run(["sh", "-c", command.format(host=api.url)], check=True, capture_output=True)
        theirs = seen[-1]
    assert theirs is not ours
    assert (ours.method, ours.path) == (theirs.method, theirs.path)
    assert json.loads(ours.body) == json.loads(theirs.body)
    for name in ("x-tenant", "authorization", "content-type"):
        assert ours.headers[name] == theirs.headers[name]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_words_in_single_quotes_are_taken_apart_again(words: list[str]) -> None:
    if not any("^" in word for word in words):
        assert command_words(shlex.join(words)) == words


@given(st.text())
def test_any_text_is_words_or_a_sentence(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert all(isinstance(word, str) for word in command_words(text))
