"""/metrics, and nothing else, on a socket that listens already.

It is read only, answers to its own names, and a client that takes its time holds a thread for a
while only. Where others than this machine's can reach it, they show `JOBLOAD_METRICS_TOKEN`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import BoundedSemaphore, Lock, Thread, Timer
from typing import Any

from jobload.live.metrics.frame import Frame
from jobload.live.metrics.prometheus_families import PrometheusFamilies, encoder_for
from jobload.web.exporter.exporter_messages import ExporterSettings
from jobload.web.exporter.metrics_token import TOKEN, shows
from jobload.web.guard.own_names import WEB_HOSTS, OwnNames, further_names
from jobload.web.login.attempts import Attempts

PATH = "/metrics"
MOST_CLIENTS = 16
WITHIN_S = 10.0
IN_ALL_S = 30.0
PLAIN = "text/plain; charset=utf-8"


class MetricsServer:
    """`scraped` is told of each frame that somebody has got."""

    def __init__(
        self,
        settings: ExporterSettings,
        newest: Callable[[], Frame | None],
        scraped: Callable[[Frame | None], None],
    ) -> None:
        assert settings.socket is not None
        self._socket = socket.socket(fileno=settings.socket)
        self._socket.setblocking(True)
        self.names = OwnNames(settings.host, further_names(os.environ))
        self.token = os.environ.get(TOKEN, "").strip() if settings.needs_token else None
        self.attempts = Attempts()
        self._newest = newest
        self.told = scraped
        self._frame: Frame | None = None
        self._families = PrometheusFamilies(lambda: self._frame)
        self._one_at_a_time = Lock()
        self._clients = BoundedSemaphore(MOST_CLIENTS)

    def start(self) -> None:
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._clients.acquire()
            try:
                client, address = self._socket.accept()
            except OSError:
                self._clients.release()
                continue
            Thread(target=self._answer, args=(client, address), daemon=True).start()

    def _answer(self, client: socket.socket, address: Any) -> None:
        # Whoever sends, or takes, a byte now and then shall not hold the thread for longer.
        end = Timer(IN_ALL_S, client.shutdown, (socket.SHUT_RDWR,))
        end.daemon = True
        end.start()
        try:
            with client:
                client.settimeout(WITHIN_S)
                _Handler(client, address, self)  # type: ignore[arg-type]  # asked for its attributes
        except OSError:
            pass  # whoever asked has gone
        finally:
            end.cancel()
            self._clients.release()

    def text(self, accept: str) -> tuple[bytes, str, Frame | None]:
        """What is told, in the form that is asked for, and of which moment."""
        encode, content_type = encoder_for(accept)
        with self._one_at_a_time:
            self._frame = frame = self._newest()
            return encode(self._families), content_type, frame


class _Handler(BaseHTTPRequestHandler):
    server: Any
    server_version = "jobload"
    sys_version = ""

    def do_GET(self) -> None:
        server: MetricsServer = self.server
        who = self.client_address[0]
        if not server.names.include(self.headers.get("Host")):
            names = f"; {WEB_HOSTS} can name further ones"
            self._refuse(403, f"The Host header names no host of these metrics{names}.")
        elif self.path.partition("?")[0] != PATH:
            self._refuse(404, f"There is {PATH} only.")
        elif server.token is not None and (wait_s := server.attempts.wait_s(who)):
            self._refuse(429, "Too many wrong tokens.", ("Retry-After", str(wait_s)))
        elif server.token is not None and not shows(
            self.headers.get("Authorization", ""), server.token
        ):
            if self.headers.get("Authorization") is not None:
                server.attempts.failed(who)
            self._refuse(401, f"Send {TOKEN} as a bearer token.", ("WWW-Authenticate", "Bearer"))
        else:
            text, content_type, frame = server.text(self.headers.get("Accept", ""))
            self._send(200, text, content_type)
            server.told(frame)

    def _refuse(self, status: int, sentence: str, *headers: tuple[str, str]) -> None:
        self._send(status, f"{sentence}\n".encode(), PLAIN, *headers)

    def _send(self, status: int, body: bytes, content_type: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Each scrape would be a line."""
