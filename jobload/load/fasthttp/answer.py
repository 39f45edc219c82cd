"""What comes back on a connection of geventhttpclient, read as strictly as our own client does."""

from __future__ import annotations

from typing import Any

from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.response import (
    HTTPConnectionClosed,
    HTTPParseError,
    HTTPResponse,
    HTTPSocketPoolResponse,
)

from jobload.load.http.http_error import ErrorKind, HttpError

RECEIVE_BYTES = 16_384


class Answer(HTTPSocketPoolResponse):
    """Has read its head when it is made; `read` gives the body, `release` the connection back."""

    def __init__(
        self, connection: Any, pool: ConnectionPool, method: str, limit_bytes: int
    ) -> None:
        self._limit_bytes = limit_bytes
        self._received_bytes = 0
        self._is_final = False
        try:
            super().__init__(connection, pool, method=method, block_size=RECEIVE_BYTES)
        except HTTPConnectionClosed:
            # A reset before the first byte: of an end the library learns from `feed` only.
            raise HttpError(ErrorKind.RESET, "the server reset the connection") from None

    def feed(self, data: str | bytes) -> None:
        if not data:
            self._end()
            return
        self._received_bytes += len(data)
        if self._received_bytes > self._limit_bytes:
            raise HttpError(ErrorKind.TOO_LARGE, f"a reply of more than {self._limit_bytes} bytes")
        try:
            super().feed(data)
        except HTTPParseError as error:
            raise HttpError(ErrorKind.BAD_REPLY, str(error.args[0])) from None

    def _end(self) -> None:
        """The server has closed: that ends a body without a length, and cuts any other short."""
        try:
            super().feed(b"")
        except HTTPParseError:
            self.message_complete = False
        if self._is_final and self.message_complete:
            return
        what = "before its reply was complete" if self._received_bytes else "without a reply"
        raise HttpError(ErrorKind.CLOSED, f"the server closed the connection {what}")

    # What the parser calls.

    def _on_message_begin(self) -> None:
        if self._is_final:
            raise HTTPParseError("something follows the reply that nobody asked for")
        super()._on_message_begin()

    def _on_message_complete(self) -> None:
        """The library would give the connection back here, with more to come on it perhaps."""
        HTTPResponse._on_message_complete(self)
        self._is_final = self.get_code() >= 200
