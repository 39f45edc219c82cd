"""Both clients against uvicorn and nginx as they are."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError
from jobload.load.http.origin import Origin
from jobload.load.http.reply import Reply

from .certificates import Authority
from .server_process import free_port, running, wait_until_open

pytestmark = pytest.mark.processes

BIG = os.urandom(5_000_000)
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    server {{
        listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl;
        root {folder}/files; client_max_body_size 1m;
        location /jobs {{ add_header Location /jobs/1 always; return 201 "made"; }}
        location /nothing {{ return 204; }}
        location /few {{ keepalive_requests 3; return 200 "few"; }}
        location /brief {{ keepalive_timeout 50ms; return 200 "brief"; }}
        location /included {{ ssi on; ssi_types *; }}
        location /drop {{ return 444; }}
        location /files/ {{ alias {folder}/files/; }}
    }}
}}
"""


def request(method: bytes, path: bytes, body: bytes = b"", *fields: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join(
        [method + b" " + path + b" HTTP/1.1", b"Host: x", length, *fields, b"", body]
    )


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    log = tmp_path_factory.mktemp("uvicorn") / "log"
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        command = [sys.executable, "-m", "uvicorn", "plain_app:app", "--app-dir"]
        command += [str(Path(__file__).parent), "--fd", str(listener.fileno()), "--lifespan", "off"]
        command += ["--timeout-keep-alive", "1", "--http", "httptools", "--loop", "uvloop"]
        with running(command, log, files=[listener.fileno()]):
            yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def nginx(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[dict[str, int]]:
    if NGINX is None:
        pytest.skip("nginx is not installed; on Debian: apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "files").mkdir()
    (folder / "files" / "big").write_bytes(BIG)
    (folder / "files" / "included").write_bytes(b"<!--#echo var='request_method' -->!" * 500)
    certificate, key = authority.issue("IP:127.0.0.1")
    ports = {"http": free_port(), "https": free_port()}
    user = "user root;" if os.geteuid() == 0 else ""
    values = {"plain": ports["http"], "tls": ports["https"], "user": user}
    text = CONFIGURATION.format(folder=folder, certificate=certificate, key=key, **values)
    (folder / "nginx.conf").write_text(text)
    log = folder / "log"
    command = [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", "stderr"]
    with running(command, log):
        for port in ports.values():
            wait_until_open(port, log)
        yield ports


class TestUvicorn:
    @pytest.fixture
    def client(self, uvicorn: int) -> Iterator[HttpClient]:
        client = HttpClient(Origin.parse(f"http://127.0.0.1:{uvicorn}"))
        yield client
        client.close()

    @pytest.mark.parametrize("body", [b"", b"small", BIG], ids=["empty", "small", "big"])
    def test_gets_bodies_of_any_size(self, client: HttpClient, body: bytes) -> None:
        for _ in range(2):
            reply = client.exchange(request(b"POST", b"/digest", body), 20.0)
            assert reply.status == 201
            assert reply.body.decode() == hashlib.sha256(body).hexdigest()

    def test_may_be_asked_to_say_continue(self, client: HttpClient) -> None:
        asking = request(b"POST", b"/digest", b"small", b"Expect: 100-continue")
        assert client.exchange(asking, 5.0).status == 201

    def test_sends_chunks(self, client: HttpClient) -> None:
        expected = b"".join(b"%d\n" % number * 100 for number in range(1000))
        for _ in range(2):
            reply = client.exchange(request(b"GET", b"/chunks"), 5.0)
            assert reply.header(b"transfer-encoding") == b"chunked"
            assert reply.body == expected

    def test_answers_head_and_204_without_a_body(self, client: HttpClient) -> None:
        head = client.exchange(request(b"HEAD", b"/digest"), 5.0, expect_body=False)
        assert (head.status, head.header(b"content-length")) == (201, b"64")
        assert client.exchange(request(b"GET", b"/nothing"), 5.0).status == 204
        assert client.exchange(request(b"POST", b"/digest"), 5.0).status == 201

    def test_refuses_a_large_body_half_way(self, client: HttpClient) -> None:
        reply = client.exchange(request(b"POST", b"/refuse", BIG), 5.0)
        assert (reply.status, reply.body) == (413, b"too much")

    def test_answers_500_when_the_app_crashes(self, client: HttpClient) -> None:
        assert client.exchange(request(b"GET", b"/crash"), 5.0).status == 500

    def test_closes_idle_connections_and_no_post_is_lost(self, client: HttpClient) -> None:
        assert client.exchange(request(b"POST", b"/digest"), 5.0).status == 201
        gevent.sleep(1.3)  # uvicorn was told to wait for 1 s
        assert client.exchange(request(b"POST", b"/digest"), 5.0).status == 201

    def test_that_is_slow_times_out_alone(self, client: HttpClient) -> None:
        with pytest.raises(HttpError) as caught:
            client.exchange(request(b"GET", b"/slow"), 0.1)
        assert caught.value.kind == "timeout"
        assert client.exchange(request(b"GET", b"/slow"), 5.0).body == b"late"

    def test_refuses_what_is_not_http(self, uvicorn: int) -> None:
        client = HttpClient(Origin.parse(f"http://127.0.0.1:{uvicorn}"))
        assert client.exchange(b"NONSENSE\r\n\r\n", 5.0).status == 400
        client.close()

    def test_serves_many_users_at_once(self, uvicorn: int) -> None:
        def use(number: int) -> list[Reply]:
            client = HttpClient(Origin.parse(f"http://127.0.0.1:{uvicorn}"))
            body = b"user %d" % number
            replies = [client.exchange(request(b"POST", b"/digest", body), 20.0) for _ in range(20)]
            client.close()
            return replies

        users = [gevent.spawn(use, number) for number in range(50)]
        gevent.joinall(users, raise_error=True)
        for number, user in enumerate(users):
            expected = hashlib.sha256(b"user %d" % number).hexdigest().encode()
            assert {reply.body for reply in user.get()} == {expected}


class TestNginx:
    @pytest.fixture
    def client(
        self, scheme: str, nginx: dict[str, int], authority: Authority
    ) -> Iterator[HttpClient]:
        origin = Origin.parse(f"{scheme}://127.0.0.1:{nginx[scheme]}")
        client = HttpClient(origin, tls=authority.trusting_context())
        yield client
        client.close()

    def test_answers_on_a_kept_connection(self, client: HttpClient) -> None:
        for _ in range(50):
            reply = client.exchange(request(b"POST", b"/jobs", b"{}"), 5.0)
            assert (reply.status, reply.body) == (201, b"made")
            assert reply.header(b"location") == b"/jobs/1"

    def test_sends_files_and_chunks(self, client: HttpClient) -> None:
        assert client.exchange(request(b"GET", b"/files/big"), 20.0).body == BIG
        reply = client.exchange(request(b"GET", b"/included"), 5.0)
        assert reply.header(b"transfer-encoding") == b"chunked"
        assert reply.body == b"GET!" * 500
        assert client.exchange(request(b"GET", b"/nothing"), 5.0).status == 204
        head = client.exchange(request(b"HEAD", b"/files/big"), 5.0, expect_body=False)
        assert head.header(b"content-length") == b"%d" % len(BIG)
        assert client.exchange(request(b"GET", b"/files/none"), 5.0).status == 404

    def test_refuses_a_large_body_half_way(self, client: HttpClient) -> None:
        for _ in range(3):
            assert client.exchange(request(b"PUT", b"/jobs", BIG), 5.0).status == 413

    def test_says_close_after_some_requests(self, client: HttpClient) -> None:
        said = [client.exchange(request(b"GET", b"/few"), 5.0) for _ in range(7)]
        assert [reply.body for reply in said] == [b"few"] * 7
        closing = [reply.header(b"connection") == b"close" for reply in said]
        assert closing == [False, False, True, False, False, True, False]

    def test_closes_idle_connections_and_no_post_is_lost(self, client: HttpClient) -> None:
        for _ in range(3):
            assert client.exchange(request(b"POST", b"/brief", b"{}"), 5.0).status == 200
            gevent.sleep(0.15)

    def test_that_hangs_up_is_a_failure(self, client: HttpClient) -> None:
        with pytest.raises(HttpError) as caught:
            client.exchange(request(b"GET", b"/drop"), 5.0)
        assert caught.value.kind == "closed"
        assert client.exchange(request(b"GET", b"/jobs"), 5.0).status == 201
