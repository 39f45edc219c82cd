"""Which requests are turned away, and what browsers are told about the answers."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_ui import HOST, MadeUi, made_ui

from jobload.web.guard.own_names import OwnNames

START = {"scenario": "light"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeUi]:
    with made_ui(tmp_path_factory.mktemp("results")) as made:
        yield made


@pytest.fixture
def ui(made: MadeUi) -> MadeUi:
    return made.as_new()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": HOST},
        {"Origin": HOST, "Sec-Fetch-Site": "same-origin"},
        {"Referer": f"{HOST}/?tab=stages"},
        {},
    ],
    ids=["own origin", "own fetch", "own referer", "no browser"],
)
def test_a_form_of_the_page_itself_works(ui: MadeUi, headers: dict[str, str]) -> None:
    answer = ui.client().post("/swarm", data=START, headers=headers)
    assert answer.get_json()["success"] is True
    assert [wanted.scenario for wanted in ui.control.started] == ["light"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "http://localhost:8089"},
        {"Referer": "http://evil.example/"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": HOST, "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/swarm", "/stop", "/stats/reset", "/user"])
def test_a_page_of_another_origin_changes_nothing(
    ui: MadeUi, headers: dict[str, str], path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = ui.client().post(path, data=START, headers=headers)
    assert answer.status_code == 403
    assert ui.control.started == []
    assert f"Refused POST '{path}' from 127.0.0.1" in caplog.text


def test_what_a_proxy_has_to_do_is_said(ui: MadeUi) -> None:
    """One that says another Host than the browser's."""
    answer = ui.client().post("/swarm", headers={"Origin": "https://load.example.org"})
    assert "a proxy in front has to pass Host on" in answer.text


@pytest.mark.parametrize("path", ["/swarm", "/stop", "/stats/reset", "/user"])
def test_a_picture_or_link_of_a_foreign_page_changes_nothing(ui: MadeUi, path: str) -> None:
    """Where such a page comes from is not looked at for GET: there is nothing that it could do."""
    assert ui.client().get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 405


def test_what_a_proxy_may_say_of_a_request_counts_for_nothing(ui: MadeUi) -> None:
    forwarded = {"X-Forwarded-Host": "evil.example", "X-HTTP-Method-Override": "GET"}
    own = {"Origin": "http://evil.example"}
    assert ui.client().post("/swarm", data=START, headers=forwarded | own).status_code == 403
    assert "evil" not in ui.client().get("/", headers=forwarded).get_data(as_text=True)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8089", "10.0.0.5", ""])
def test_a_name_that_is_not_ours_gets_no_page(ui: MadeUi, method: str, host: str) -> None:
    """A browser that was led here by DNS rebinding."""
    answer = ui.client(host=host).open("/stats/requests", method=method)
    assert answer.status_code == 403
    assert b"total_rps" not in answer.data


@pytest.mark.parametrize(
    ("bound_to", "host", "known"),
    [
        ("127.0.0.1", "127.0.0.1:8089", True),
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "LOCALHOST.:18089", True),
        ("127.0.0.1", "[::1]:8089", True),
        ("127.0.0.1", "192.168.1.7:8089", False),
        ("127.0.0.1", "load.example", False),
        ("", "192.168.1.7:8089", True),
        ("", "[fd00::7]", True),
        ("0.0.0.0", "load.example:8089", True),
        ("0.0.0.0", "evil.example:8089", False),
        ("lab.example", "lab.example:8089", True),
        ("", "localhost:8089@evil.example", False),
        ("", "[::1", False),
        ("", ":8089", False),
    ],
)
def test_the_names_a_web_ui_answers_to(bound_to: str, host: str, known: bool) -> None:
    further = [] if bound_to == "127.0.0.1" else ["load.example"]
    assert OwnNames(bound_to, further).include(host) is known


def test_a_machine_whose_name_has_capital_letters_is_found_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Adas-MacBook.local")
    assert OwnNames("0.0.0.0").include("adas-macbook.local:8089")


def test_user_classes_can_not_be_rewritten(ui: MadeUi) -> None:
    change = {"user_class_name": "Submitter", "host": "http://evil.example"}
    answer = ui.client().post("/user", json=change)
    assert answer.status_code == 403
    [user] = ui.web_ui.environment.user_classes
    assert user.host is None


def test_no_script_gets_into_locusts_report(ui: MadeUi) -> None:
    client = ui.client()
    assert client.get('/stats/report?theme=";alert(1);"').status_code == 400
    page = client.get("/stats/report?theme=dark")
    nonce = _nonce(page.headers["Content-Security-Policy"])
    assert page.get_data(as_text=True).count(f'<script nonce="{nonce}"') == 2


def test_every_answer_tells_browsers_what_not_to_do(ui: MadeUi) -> None:
    client = ui.client()
    for path in ("/", "/stats/requests", "/jobload/runs", "/nothing", "/assets/favicon-light.png"):
        with client.get(path) as answer:
            headers = answer.headers
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert path.startswith("/assets/") or headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        scripts = "'none'" if path == "/jobload/runs" else "'self'"
        assert f"script-src {scripts}" in headers["Content-Security-Policy"]
        assert "unsafe-eval" not in headers["Content-Security-Policy"]


def test_scripts_are_allowed_by_a_number_that_is_new_each_time(ui: MadeUi) -> None:
    client = ui.client()
    pages = [client.get("/") for _ in range(2)]
    nonces = [_nonce(page.headers["Content-Security-Policy"]) for page in pages]
    assert nonces[0] != nonces[1]
    assert f'<script nonce="{nonces[0]}">' in pages[0].get_data(as_text=True)


def _nonce(policy: str) -> str:
    match = re.search(r"script-src 'self' 'nonce-([\w-]{20,})'", policy)
    assert match, policy
    return match[1]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_other_origin_may_read_answers(ui: MadeUi, method: str) -> None:
    answer = ui.client().open(
        "/stats/requests",
        method=method,
        headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_log_line_can_not_be_forged_by_a_path_or_a_key(
    ui: MadeUi, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        ui.client(host="evil.example").get("/a%0AWARNING%20all%20is%20well")
        ui.client().post("/swarm", data={"a\nWARNING all is well": "1"})
    assert len(caplog.records) == 2
    assert not [record for record in caplog.records if "\n" in record.getMessage()]


def test_a_body_that_is_too_large_is_not_read(ui: MadeUi) -> None:
    answer = ui.client().post("/swarm", data={"scenario": "x" * 70_000})
    assert answer.status_code == 413
    assert ui.control.started == []


def test_a_base_path_moves_the_pages_and_keeps_the_guard(tmp_path: Path) -> None:
    with made_ui(tmp_path, base_path="/load") as ui:
        client = ui.client()
        assert client.get("/load/jobload/runs").status_code == 200
        page = client.get("/load/").get_data(as_text=True)
        assert 'data-state="/load/jobload/state"' in page
        refused = client.post("/load/swarm", data=START, headers={"Origin": "http://evil.example"})
        assert refused.status_code == 403
        assert client.post("/load/user", json={}).status_code == 403
