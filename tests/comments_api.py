"""What GitHub's and GitLab's REST APIs have of the comments of a request, on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GITHUB_LIST = "/repos/our/api/issues/7/comments"
GITHUB_ONE = "/repos/our/api/issues/comments"
GITLAB_LIST = "/projects/12/merge_requests/7/notes"


@dataclass
class CommentsApi:
    """`comments` by id. A token that is not this one is refused, and may not write when it is
    `read_only`, nor change those of `others`. `artifacts` is the archive that GitLab hands out. The
    last byte of an answer never comes to a method of `breaks_off`."""

    url: str = ""
    token: str = "t0ken"
    read_only: bool = False
    breaks_off: frozenset[str] = frozenset()
    others: set[int] = field(default_factory=set)
    comments: dict[int, str] = field(default_factory=dict)
    artifacts: bytes | None = None
    seen: list[str] = field(default_factory=list)

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, Any]:
        split = urlsplit(target)
        self.seen.append(f"{method} {split.path}")
        if self.token not in token:
            return 401, {"message": "Bad credentials"}
        if method == "GET" and split.path in (GITHUB_LIST, GITLAB_LIST):
            query = parse_qs(split.query)
            size, page = int(query.get("per_page", ["20"])[0]), int(query.get("page", ["1"])[0])
            every = [{"id": n, "body": text} for n, text in sorted(self.comments.items())]
            return 200, every[(page - 1) * size : page * size]
        if self.read_only:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "POST" and split.path in (GITHUB_LIST, GITLAB_LIST):
            number = max(self.comments, default=0) + 1
            self.comments[number] = body["body"]
            return 201, {"id": number}
        folder, _, last = split.path.rpartition("/")
        if (method, folder) in (("PATCH", GITHUB_ONE), ("PUT", GITLAB_LIST)):
            if int(last) in self.others:
                return 403, {"message": "not yours"}
            self.comments[int(last)] = body["body"]
            return 200, {"id": int(last)}
        return 404, {"message": "Not Found"}


@contextmanager
def comments_api() -> Iterator[CommentsApi]:
    api = CommentsApi()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            if urlsplit(self.path).path.endswith("/jobs/artifacts/main/download"):
                self._send(404 if api.artifacts is None else 200, api.artifacts or b"{}")
                return
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
            status, told = api.answer(self.command, self.path, token, body)
            self._send(status, json.dumps(told).encode())

        do_GET = do_POST = do_PATCH = do_PUT = _any  # noqa: N815  # http.server's names

        def _send(self, status: int, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(data) + (self.command in api.breaks_off)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        api.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield api
        finally:
            server.shutdown()
