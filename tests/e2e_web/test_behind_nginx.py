"""The web UI of a cluster behind a proxy with TLS, below a path, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from e2e.load_test import LoadTest
from e2e.nginx import IS_THERE, MISSING, make_certificate, running_nginx
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port, running_server
from web_process import browse, needs_browser
from werkzeug.security import generate_password_hash

pytestmark = pytest.mark.e2e

PREFIX = "/tests/load"
USER, PASSWORD = "ada", "correct horse"
SERVER = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
    {location}
}}
"""
PAGE = Path(__file__).resolve().parents[2] / "docs" / "web-ui.md"


@contextmanager
def proxy(folder: Path, to_port: int) -> Iterator[str]:
    folder.mkdir()
    port = closed_port()
    make_certificate(folder, "server", "-addext", "subjectAltName=IP:127.0.0.1")
    location = PAGE.read_text().partition("```nginx\n")[2].partition("```")[0]
    location = location.replace("/load/", f"{PREFIX}/").replace("8089", str(to_port))
    server = SERVER.format(folder=folder, port=port, location=location)
    with running_nginx(folder, server):
        yield f"https://127.0.0.1:{port}{PREFIX}/"


@needs_browser
@pytest.mark.skipif(not IS_THERE, reason=MISSING)
def test_from_the_login_to_the_page_of_a_run(tmp_path: Path) -> None:
    web_port = closed_port()
    plan = write_plan(tmp_path / "plan", {"light": steady(6, 30, 5, 2)})
    at = ["--web-port", str(web_port), "--web-base-path", PREFIX]
    environ = {
        "JOBLOAD_TOKEN": "0123456789abcdef" * 2,
        "JOBLOAD_WEB_PROXY": "127.0.0.1",
        "JOBLOAD_WEB_USER": USER,
        "JOBLOAD_WEB_PASSWORD_HASH": generate_password_hash(PASSWORD),
    }
    with (
        running_server("fixed", latency_ms=5) as server,
        proxy(tmp_path / "nginx", web_port) as url,
        LoadTest(
            tmp_path,
            *at,
            *plan,
            host=server.url,
            mode="workers",
            headless=False,
            environ=environ,
        ) as test,
    ):
        test.wait_for_console("2 workers connected")
        saw = browse("behind_nginx.py", url, USER, PASSWORD)
        [result] = test.written()
        requests = server.requests()
    assert saw["asked_at"].startswith(f"{url}jobload/login")
    assert saw["connection"] == "https:"
    assert saw["page"] == f"{url}jobload/runs/{result['run_id']}"
    assert saw["heading"].startswith(result["status"])
    assert saw["charts"] >= 2
    assert saw["download"] == f"{result['run_id']}-result.json"
    assert saw["listed"] == [result["status"]]
    assert saw["cookies"]
    assert all(secure and http_only for _, secure, http_only in saw["cookies"])
    assert saw["console"] == []
    assert saw["elsewhere"] == []
    assert len(result["topology"]["workers"]) == 2
    assert sum(s["attempts"] for s in result["scenarios"][0]["stages"]) == requests
