"""geventhttpclient without what would blur the accounts: it sends each request exactly once."""

from __future__ import annotations

from ssl import SSLEOFError
from typing import Any

from geventhttpclient.client import HTTPClient
from geventhttpclient.header import Headers

from jobload.load.fasthttp.answer import Answer
from jobload.load.fasthttp.connections import Connections
from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.origin import Origin


class Sender(HTTPClient):
    def __init__(self, origin: Origin, connections: Connections, max_response_bytes: int) -> None:
        super().__init__(origin.host, origin.port)
        self.default_headers = Headers()
        self._connection_pool = connections
        self._max_response_bytes = max_response_bytes

    def request(
        self, method: str, request_uri: str, body: Any = None, headers: Any = None
    ) -> Answer:
        """The library's own sends GET, PUT and DELETE again when the connection breaks."""
        body = body or b""
        head = self._build_request(method, request_uri, body, headers).encode("latin-1")
        connection = self._connection_pool.get_socket()
        try:
            connection.sendall(head + body)
        except (ConnectionResetError, BrokenPipeError, SSLEOFError):
            return self._said_before(connection, method)
        except BaseException:
            self._connection_pool.release_socket(connection)
            raise
        return self._answer(connection, method)

    def _said_before(self, connection: Any, method: str) -> Answer:
        """The server takes no more; what it said before it broke off has arrived all the same."""
        try:
            return self._answer(connection, method)
        except (HttpError, OSError):
            raise HttpError(ErrorKind.RESET, "the server broke off within the request") from None

    def _answer(self, connection: Any, method: str) -> Answer:
        return Answer(connection, self._connection_pool, method, self._max_response_bytes)
