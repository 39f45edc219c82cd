"""The web UI of a cluster behind a proxy with TLS, below a path, in a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from e2e.load_test import LoadTest
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port, running_server
from load.http.http_client.certificates import Authority
from load.http.http_client.server_process import running, wait_until_open
from web_process import browse, needs_browser
from werkzeug.security import generate_password_hash

pytestmark = pytest.mark.e2e

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PREFIX = "/tests/load"
USER, PASSWORD = "ada", "correct horse"
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate}; ssl_certificate_key {key};
        location {prefix}/ {{
            proxy_pass http://127.0.0.1:{to_port};
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, to_port: int) -> Iterator[str]:
    assert NGINX is not None
    folder.mkdir()
    port = closed_port()
    certificate, key = Authority(folder).issue("IP:127.0.0.1")
    text = CONFIGURATION.format(
        folder=folder,
        port=port,
        to_port=to_port,
        prefix=PREFIX,
        certificate=certificate,
        key=key,
        user="user root;" if os.geteuid() == 0 else "",
    )
    (folder / "nginx.conf").write_text(text)
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", "stderr"]
    with running(command, folder / "log"):
        wait_until_open(port, folder / "log")
        yield f"https://127.0.0.1:{port}{PREFIX}/"


@needs_browser
@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
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
        nginx(tmp_path / "nginx", web_port) as url,
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
