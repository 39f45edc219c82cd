"""A jobs API in the test's process that notes every request and answers as the test says."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from gevent.pool import Group

REASONS = {200: "OK", 201: "Created", 302: "Found", 404: "Not Found", 503: "Unavailable"}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]

    @property
    def job(self) -> Any:
        return json.loads(self.body)


class Silence:
    """Instead of a reply: none, ever."""


class HangUp:
    """Instead of a reply: the end of the connection."""


Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]] | Silence | HangUp
CREATED: Answer = (201, b'{"id": "j1"}')
BROKEN: Answer = (503, b'{"error": "down"}')


class ScriptedApi:
    """Gives the answers of the script in order, the last one for ever; or asks `script` itself."""

    def __init__(self, *answers: Answer, script: Callable[[Request], Answer] | None = None) -> None:
        self._answers = list(answers) or [CREATED]
        self._script = script
        self.requests: list[Request] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._running: Any = Group()
        self._running.spawn(self._accept)

    def answer_with(self, script: Callable[[Request], Answer]) -> None:
        self._script = script

    def close(self) -> None:
        self._running.kill()
        self._listener.close()

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            self._running.spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while (request := _read(stream)) is not None:
                self.requests.append(request)
                answer = self._answer(request)
                if isinstance(answer, HangUp):
                    return
                if not isinstance(answer, Silence):
                    connection.sendall(_rendered(*answer))

    def _answer(self, request: Request) -> Answer:
        if self._script is not None:
            return self._script(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def _read(stream: Any) -> Request | None:
    try:
        line = stream.readline()
        if not line:
            return None
        method, path, _ = line.decode().split(" ")
        headers = dict(_headers(stream))
        return Request(method, path, headers, stream.read(int(headers.get("content-length", 0))))
    except OSError:
        return None


def _headers(stream: Any) -> Iterable[tuple[str, str]]:
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(":")
        yield name.lower(), value.strip()


def _rendered(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
