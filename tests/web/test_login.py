"""Off loopback nobody gets in without the password, or the token of the log."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from made_ui import MadeUi, made_ui
from werkzeug.security import generate_password_hash

from jobload.web.exporter.metrics_token import shows
from jobload.web.login import attempts
from jobload.web.login.attempts import Attempts
from jobload.web.login.key import PASSWORD_HASH, USER, WebSettingsError, find_password

SECRET = "correct horse"
OPEN_TO_ALL = {"/jobload/login", "/jobload/report.css"}


@pytest.fixture(scope="module")
def password_hash() -> str:
    return generate_password_hash(SECRET, "pbkdf2:sha256:1000")


@pytest.fixture
def with_password(tmp_path: Path, password_hash: str) -> Iterator[MadeUi]:
    environ = {USER: "ada", PASSWORD_HASH: password_hash}
    with made_ui(tmp_path, bound_to="0.0.0.0", environ=environ) as made:
        yield made


def log_in(client: FlaskClient, user: str = "ada", password: str = SECRET, **more: str) -> int:
    form = {"user": user, "password": password, **more}
    return client.post("/jobload/login", data=form).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/jobload/runs").status_code == 200


def token_of(console: str) -> str:
    return str(re.findall(r"/jobload/login\?token=([\w-]+)", console)[-1])


@pytest.mark.parametrize("other", [{"port": 8090}, {"base_path": "/other"}], ids=str)
def test_whoever_logs_in_to_two_of_one_host_is_in_both(
    with_password: MadeUi, tmp_path: Path, password_hash: str, other: dict[str, Any]
) -> None:
    environ = {USER: "ada", PASSWORD_HASH: password_hash}
    kept: dict[tuple[str, str], str] = {}
    with made_ui(tmp_path, bound_to="0.0.0.0", environ=environ, **other) as made:
        for each, base in ((with_password, ""), (made, other.get("base_path", ""))):
            form = {"user": "ada", "password": SECRET}
            answer = each.client().post(f"{base}/jobload/login", data=form)
            [cookie] = answer.headers.getlist("Set-Cookie")
            pair, path = cookie.partition(";")[0], cookie.partition("Path=")[2].partition(";")[0]
            kept[pair.partition("=")[0], path] = pair
    sent = "; ".join(kept[key] for key in kept if key[1] == "/")
    client = with_password.client(keep_cookies=False)
    assert client.get("/jobload/runs", headers={"Cookie": sent}).status_code == 200


def test_nothing_but_the_login_is_open(with_password: MadeUi) -> None:
    client = with_password.client()
    for rule in with_password.app.url_map.iter_rules():
        if rule.rule in OPEN_TO_ALL or rule.rule.endswith(
            ("/static/<path:filename>", "<path:path>")
        ):
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        method = "POST" if "POST" in rule.methods else "GET"
        answer = client.open(path, method=method)
        assert answer.status_code in (302, 401) or path == "/user", path
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/jobload/login?next="), path


def test_the_right_password_opens_and_sets_a_cookie_scripts_can_not_read(
    with_password: MadeUi,
) -> None:
    client = with_password.client()
    answer = client.post("/jobload/login", data={"user": "ada", "password": SECRET})
    [cookie] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("jobload-8089=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert is_in(client)


def test_with_tls_the_cookie_never_travels_without(tmp_path: Path, password_hash: str) -> None:
    environ = {USER: "ada", PASSWORD_HASH: password_hash}
    form = {"user": "ada", "password": SECRET}
    for tls, secure in ((None, False), ("server.pem", True)):
        with made_ui(tmp_path, bound_to="", environ=environ, tls=tls) as ui:
            answer = ui.client().post("/jobload/login", data=form)
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure


def test_a_cookie_is_worth_nothing_in_another_browser(with_password: MadeUi) -> None:
    client = with_password.client()
    log_in(client)
    stolen = client.get("/jobload/runs", headers={"User-Agent": "another"})
    assert stolen.status_code == 302


def test_five_wrong_passwords_close_the_door_even_to_the_right_one(
    with_password: MadeUi, caplog: pytest.LogCaptureFixture
) -> None:
    client = with_password.client()
    with caplog.at_level(logging.WARNING):
        assert [log_in(client, password=f"guess {n}") for n in range(5)] == [403] * 5
        assert log_in(client) == 429
    assert not is_in(client)
    assert caplog.text.count("Wrong password.") == 5
    assert "Too many wrong attempts" in caplog.text
    assert "guess" not in caplog.text


def test_an_unknown_user_is_refused_like_a_wrong_password(with_password: MadeUi) -> None:
    assert log_in(with_password.client(), user="eve") == 403


def test_logging_out_ends_it_for_good_and_for_nobody_else(with_password: MadeUi) -> None:
    form = {"user": "ada", "password": SECRET}
    another = with_password.client()
    log_in(another)
    client = with_password.client(keep_cookies=False)
    answer = client.post("/jobload/login", data=form)
    cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    assert client.get("/jobload/runs", headers=cookie).status_code == 200
    assert client.post("/jobload/logout", headers=cookie).status_code == 302
    assert client.get("/jobload/runs", headers=cookie).status_code == 302
    assert is_in(another)


def test_there_is_one_login_page(with_password: MadeUi) -> None:
    client = with_password.client()
    log_in(client)
    assert client.get("/login").headers["Location"] == "/jobload/login"


def test_a_session_of_an_earlier_start_is_worth_nothing(tmp_path: Path, password_hash: str) -> None:
    environ = {USER: "ada", PASSWORD_HASH: password_hash}
    with made_ui(tmp_path, bound_to="", environ=environ) as first:
        form = {"user": "ada", "password": SECRET}
        answer = first.client().post("/jobload/login", data=form)
        cookie = {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
        client = first.client(keep_cookies=False)
        assert client.get("/jobload/runs", headers=cookie).status_code == 200
    with made_ui(tmp_path, bound_to="", environ=environ) as second:
        client = second.client(keep_cookies=False)
        assert client.get("/jobload/runs", headers=cookie).status_code == 302


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/?tab=checks", "/?tab=checks"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("http://evil.example", "/"),
        ("", "/"),
    ],
)
def test_after_the_login_it_goes_on_to_a_page_of_ours(
    with_password: MadeUi, wanted: str, leads_to: str
) -> None:
    form = {"user": "ada", "password": SECRET, "next": wanted}
    page = with_password.client().post("/jobload/login", data=form).get_data(as_text=True)
    assert f'url={leads_to}"' in page


def test_a_foreign_page_can_not_log_anybody_in_or_use_up_attempts(with_password: MadeUi) -> None:
    client = with_password.client()
    form = {"user": "ada", "password": "x"}
    for _ in range(6):
        answer = client.post("/jobload/login", data=form, headers={"Origin": "http://evil.example"})
        assert answer.status_code == 403
    assert log_in(client) == 200


def test_without_a_password_the_log_has_a_link_that_opens_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), made_ui(tmp_path, bound_to="") as ui:
        console = capsys.readouterr().err
        token = token_of(console)
        assert f"http://127.0.0.1:8089/jobload/login?token={token}" in console
        client = ui.client()
        assert client.head(f"/jobload/login?token={token}").status_code == 200
        assert client.get(f"/jobload/login?token={token}").status_code == 200
        assert is_in(client)
        another = ui.client()
        assert another.get(f"/jobload/login?token={token}").status_code == 403
        assert not is_in(another)
        fresh = token_of(capsys.readouterr().err)
        assert fresh != token
        assert another.post("/jobload/login", data={"token": f" {fresh} "}).status_code == 200
        assert is_in(another)
        # Locust's Logs tab shows what goes through `logging`.
        assert token not in caplog.text
        assert fresh not in caplog.text


@pytest.mark.parametrize(
    ("bound_to", "hosts"),
    [
        ("", ["127.0.0.1", "Ada"]),
        ("::", ["127.0.0.1", "Ada"]),
        ("192.0.2.7", ["192.0.2.7"]),
        ("fd00::7", ["[fd00::7]"]),
        ("lab.example", ["lab.example"]),
    ],
)
def test_its_links_lead_to_where_the_server_listens(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    bound_to: str,
    hosts: list[str],
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Ada")
    with made_ui(tmp_path, bound_to=bound_to):
        links = re.findall(r"http://(.*):8089/jobload/login", capsys.readouterr().err)
    assert links == hosts


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Mode": "no-cors", "Accept": "text/html"},
        {"Accept": "image/avif,image/webp,*/*;q=0.8"},
        {"Accept": "*/*"},
    ],
    ids=["TLS", "picture", "script"],
)
def test_a_picture_of_a_foreign_page_can_not_use_up_the_attempts(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    with made_ui(tmp_path, bound_to="") as ui:
        client = ui.client()
        for _ in range(8):
            assert client.get("/jobload/login?token=x", headers=headers).status_code == 200
        page = {"Accept": "text/html,application/xhtml+xml"}
        assert client.get("/jobload/login?token=x", headers=page).status_code == 403


def test_on_loopback_no_login_is_asked_for_unless_a_password_is_set(
    tmp_path: Path, password_hash: str
) -> None:
    with made_ui(tmp_path) as ui:
        assert is_in(ui.client())
    with made_ui(tmp_path, environ={USER: "ada", PASSWORD_HASH: password_hash}) as ui:
        assert not is_in(ui.client())


def test_polls_without_a_session_are_told_so_and_not_sent_elsewhere(with_password: MadeUi) -> None:
    client = with_password.client()
    assert client.get("/jobload/state", headers={"Accept": "application/json"}).status_code == 401
    assert client.get("/stats/requests", headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({USER: "ada"}, f"{PASSWORD_HASH} is not"),
        ({PASSWORD_HASH: "pbkdf2:sha256:1000$a$b"}, f"{USER} is not"),
        ({USER: "ada", PASSWORD_HASH: "hunter2"}, "no hash of a password"),
        ({USER: "ada", PASSWORD_HASH: "plain$$hunter2"}, "no hash of a password"),
    ],
)
def test_settings_that_can_not_work_are_refused_without_repeating_them(
    environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(WebSettingsError, match=re.escape(sentence)) as raised:
        find_password(environ)
    assert "hunter2" not in str(raised.value)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_who_waits_a_minute_may_try_again() -> None:
    clock = Clock()
    counted = Attempts(clock)
    for _ in range(5):
        assert counted.wait_s("10.0.0.1") == 0
        counted.failed("10.0.0.1")
        clock.now_s += 1
    assert counted.wait_s("10.0.0.1") == 59
    assert counted.wait_s("10.0.0.2") == 0
    clock.now_s += 59
    assert counted.wait_s("10.0.0.1") == 0


def test_slow_mistakes_close_nothing() -> None:
    clock = Clock()
    counted = Attempts(clock)
    for _ in range(20):
        counted.failed("10.0.0.1")
        clock.now_s += 20
        assert counted.wait_s("10.0.0.1") == 0


def test_many_addresses_together_are_limited_as_well_and_memory_is_bounded() -> None:
    clock = Clock()
    counted = Attempts(clock)
    for n in range(attempts.LIMIT_OF_ALL):
        assert counted.wait_s("10.9.9.9") == 0
        counted.failed(f"10.0.0.{n}")
    assert counted.wait_s("10.9.9.9") == 60
    for n in range(5000):
        counted.failed(f"10.1.{n // 256}.{n % 256}")
    assert len(counted._failures) <= attempts.REMEMBERED


def test_logins_that_succeed_lock_nobody_out() -> None:
    counted = Attempts(Clock())
    for n in range(2 * attempts.LIMIT_OF_ALL):
        assert counted.wait_s("10.9.9.9") == 0
        counted.failed(f"10.0.0.{n}")
        counted.forgive(f"10.0.0.{n}")


def test_frames_of_foreign_pages_lock_nobody_out_of_the_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}
    with made_ui(tmp_path, bound_to="") as ui:
        token = token_of(capsys.readouterr().err)
        for _ in range(60):
            assert ui.client().get("/jobload/login?token=x", headers=frame).status_code == 403
        client = ui.client()
        assert client.get(f"/jobload/login?token={token}", headers=frame).status_code == 200
        assert is_in(client)


def test_a_password_in_an_address_is_not_looked_at(with_password: MadeUi) -> None:
    client = with_password.client()
    for _ in range(6):
        page = client.get(f"/jobload/login?token=x&user=ada&password={SECRET}")
        assert page.status_code == 200
    assert not is_in(client)
    assert log_in(client) == 200


@pytest.mark.parametrize(
    "environ",
    [{"JOBLOAD_WEB_HOSTS": "load.example"}, {"JOBLOAD_WEB_PROXY": "127.0.0.1"}],
    ids=["a further name", "a proxy"],
)
def test_who_can_come_from_elsewhere_logs_in_whatever_the_server_is_bound_to(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with made_ui(tmp_path, environ=environ) as ui:
        assert not is_in(ui.client())
    with made_ui(tmp_path, environ={"JOBLOAD_WEB_HOSTS": "localhost, "}) as ui:
        assert is_in(ui.client())


def test_a_proxy_that_is_named_tells_of_tls_and_of_the_browser(
    tmp_path: Path, password_hash: str
) -> None:
    environ = {USER: "ada", PASSWORD_HASH: password_hash}
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    form = {"user": "ada", "password": SECRET}
    for named, seen_as, secure in (
        ("", "127.0.0.1", False),
        ("192.0.2.1", "127.0.0.1", False),
        ("127.0.0.1, ::1", "127.0.0.1", True),
        ("127.0.0.1", "::ffff:127.0.0.1", True),
    ):
        with made_ui(tmp_path, environ=environ | {"JOBLOAD_WEB_PROXY": named}) as ui:
            client = ui.client()
            client.environ_base["REMOTE_ADDR"] = seen_as
            answer = client.post("/jobload/login", data=form, headers=forwarded)
            assert ("Secure" in answer.headers["Set-Cookie"]) is secure, named
            for _ in range(5):
                client.post("/jobload/login", data={"user": "ada"}, headers=forwarded)
            other = forwarded | {"X-Forwarded-For": "192.0.2.8"}
            locked = client.post("/jobload/login", data=form, headers=other).status_code
            assert locked == (200 if secure else 429), named


def test_a_proxy_that_is_no_address_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(WebSettingsError, match="JOBLOAD_WEB_PROXY"),
        made_ui(tmp_path, environ={"JOBLOAD_WEB_PROXY": "proxy.example"}),
    ):
        pass


@pytest.mark.parametrize("token", ["schlüssel-für-alle", "voilà-voilà-voilà", "0123456789abcdefÅ"])
def test_a_metrics_token_may_have_any_letters(token: str) -> None:
    """As a server reads them; the last bytes of some are blanks by themselves."""
    sent = token.encode().decode("latin-1")
    assert shows(f"Bearer {sent}", token)
    assert shows(f"bearer  {sent.strip()} ", token)
    assert not shows(f"Bearer {sent[:-3]}", token)


def test_metrics_tokens_can_not_be_tried_for_long(tmp_path: Path, password_hash: str) -> None:
    token = "schlüssel-für-alle"
    environ = {USER: "ada", PASSWORD_HASH: password_hash, "JOBLOAD_METRICS_TOKEN": token}
    with made_ui(tmp_path, environ=environ) as ui:
        client = ui.client()
        right = {"Authorization": f"Bearer {token.encode().decode('latin-1')}"}
        assert client.get("/metrics", headers=right).status_code == 200
        for _ in range(5):
            wrong = {"Authorization": "Bearer guess"}
            assert client.get("/metrics", headers=wrong).status_code == 401
        assert client.get("/metrics", headers=right).status_code == 429
