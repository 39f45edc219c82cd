"""Makes a reply out of what arrives on a connection."""

from __future__ import annotations

import re

from httptools import HttpParserCallbackError, HttpParserError, HttpResponseParser

from jobload.load.http.http_error import ErrorKind, HttpError
from jobload.load.http.reply import END_OF_HEAD, Reply, blank_line_in, in_plain_lines, split_head

MOST_INTERIM = 100
"""Replies of 1xx before the real one; nobody has a use for more."""
MOST_HEAD_BYTES = 256 * 1024
"""As browsers have it: to look for a field costs time by the length of the head."""
BEGIN_BYTES = 8192
LEARNS = 8
"""Heads in a row that did not come again; then every head of the connection is another."""
_HTTP_2_FRAME = re.compile(rb"\x00\x00.[\x04\x07].\x00\x00\x00\x00|HTTP/2", re.DOTALL)
"""SETTINGS or GOAWAY, of the connection as a whole."""
_TLS_RECORD = re.compile(rb"[\x14-\x17]\x03[\x00-\x04]")


class UnexpectedReplyError(Exception):
    """Raised inside the parser to stop it."""


class ReplyReader:
    """One per connection. `start`, then `feed` until it gives a reply, or `end` on the last byte.

    `reusable` says after a reply whether another may follow on the connection.

    A server's replies have the same head again and again, but for its date. What the parser made
    of a head, it would make of the same bytes again: a reply that has them, and the same length, is
    not parsed.
    """

    __slots__ = (
        "_body",
        "_expect_body",
        "_interim",
        "_known_bytes",
        "_known_head",
        "_known_status",
        "_learns",
        "_limit_bytes",
        "_parser",
        "_received",
        "_received_bytes",
        "_refused",
        "done",
        "head_done",
        "on_body",
        "reusable",
        "status",
    )

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._body: list[bytes] = []
        self.on_body = self._body.append
        self._known_head: bytes | None = None
        self._known_bytes = self._known_status = 0
        self._learns = LEARNS
        self._expect_body = True
        self.reusable = False
        self._renew()
        self._forget()

    def _renew(self) -> None:
        self._parser = HttpResponseParser(self)
        # "HTTP/1.0 100 Continue" and the like must not end the connection; a second final reply
        # is refused by on_message_begin.
        self._parser.set_dangerous_leniencies(
            lenient_keep_alive=True, lenient_spaces_after_chunk_size=True
        )

    def start(self, expect_body: bool) -> None:
        self._expect_body = expect_body
        self.reusable = False
        if self._received:
            self._forget()

    def _forget(self) -> None:
        self._received: bytes | bytearray = b""
        self._received_bytes = 0
        self._interim = 0
        self._refused: HttpParserError | None = None
        """Why the parser does not take a head that it may take in plain lines."""
        self.status = 0
        self.head_done = self.done = False

    def feed(self, data: bytes) -> Reply | None:
        if (
            len(data) == self._known_bytes
            and not self._received
            and self._expect_body
            and (head := self._known_head) is not None
            and data.startswith(head)
        ):
            self._learns = LEARNS
            self.reusable = True
            return Reply(self._known_status, data[len(head) :], data)
        self._received_bytes += len(data)
        if self._received_bytes > self._limit_bytes:
            raise HttpError(ErrorKind.TOO_LARGE, f"a reply of more than {self._limit_bytes} bytes")
        if not self._received:
            self._received = data
        elif not self.head_done:
            self._keep(data)
        try:
            if self._refused is None:
                self._parser.feed_data(data)
        except HttpParserError as error:
            self._stop(error)
        if self._refused is not None and blank_line_in(self._received, len(data)):
            self._read_anew()
        return self._reply() if self.done else None

    @property
    def untouched(self) -> bool:
        """Nothing has arrived since `start`."""
        return not self._received

    def end(self) -> Reply:
        """The server has closed: that ends a body without a length, and cuts any other short."""
        if self._refused is not None:
            raise HttpError(ErrorKind.BAD_REPLY, self._why_bad(self._refused))
        if not self.head_done:
            what = "before its reply was complete" if self._received else "without a reply"
            raise HttpError(ErrorKind.CLOSED, f"the server closed the connection {what}")
        reply = self._reply()
        chunked = (reply.header(b"transfer-encoding") or b"").lower().endswith(b"chunked")
        if chunked or reply.header(b"content-length") is not None:
            raise HttpError(ErrorKind.CLOSED, "the server closed the connection within its reply")
        return reply

    def _keep(self, data: bytes) -> None:
        """A head in many pieces: in place, because there may be very many."""
        if len(self._received) > MOST_HEAD_BYTES:
            raise HttpError(ErrorKind.TOO_LARGE, f"a head of more than {MOST_HEAD_BYTES} bytes")
        if isinstance(self._received, bytes):
            self._received = bytearray(self._received)
        self._received += data

    def _reply(self) -> Reply:
        body = b"".join(self._body)
        self._body.clear()
        if self._learns and self.reusable and self._expect_body and not self._interim:
            self._learn(body)
        return Reply(self.status, body, self._received)

    def _learn(self, body: bytes) -> None:
        """Of a reply that came in one piece, and whose head says how long it is."""
        received = self._received
        if not isinstance(received, bytes) or len(received) != self._received_bytes:
            return
        head = received[: len(received) - len(body)]
        if head.endswith(END_OF_HEAD) and b"transfer-encoding" not in head.lower():
            self._learns -= 1
            self._known_head, self._known_bytes = head, len(received)
            self._known_status = self.status

    def _read_anew(self) -> None:
        """As soon as the head is there as a whole."""
        plain, is_whole = in_plain_lines(self._received, MOST_INTERIM)
        if not is_whole:
            return
        self._renew()
        self._interim = 0
        self._received = plain
        try:
            self._parser.feed_data(plain)
        except HttpParserError as error:
            self._stop(error)
        self._refused = None

    def _stop(self, error: HttpParserError) -> None:
        if not self.done:
            if not self.head_done and self._refused is None:
                plain, _ = in_plain_lines(self._received, MOST_INTERIM)
                if plain != self._received:
                    self._refused = error
                    return
            raise HttpError(ErrorKind.BAD_REPLY, self._why_bad(error)) from None
        if self._expect_body:
            self.reusable = False  # something follows the reply that nobody asked for
            return
        _, rest = split_head(self._received)
        self.reusable = self.reusable and not rest
        self._renew()

    def _why_bad(self, error: HttpParserError) -> str:
        if self.status == 101:
            return "101 Switching Protocols, which was not asked for"
        if self._interim > MOST_INTERIM:
            return f"more than {MOST_INTERIM} replies of 1xx before the real one"
        if isinstance(error, HttpParserCallbackError):
            return f"the status {self.status:03}, which is none of HTTP's; they begin at 100"
        if _TLS_RECORD.match(self._received):
            return "it looks like TLS; is the target's address https://?"
        if _HTTP_2_FRAME.match(self._received):
            return "it looks like HTTP/2, and jobload speaks HTTP/1.1"
        # Long, and as it came: what may be a secret in it is masked first, and then it is cut.
        begin = bytes(self._received[:BEGIN_BYTES]).decode("latin-1")
        return f"{error}; it begins with {begin}"

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self.done:
            raise UnexpectedReplyError

    def on_headers_complete(self) -> None:
        self.status = status = self._parser.get_status_code()
        if status < 200:
            self._interim += 1
            if self._interim > MOST_INTERIM or status < 100:
                raise UnexpectedReplyError
            return
        self.head_done = True
        if not self._expect_body:
            self.done = True
            self.reusable = self._parser.should_keep_alive()
            raise UnexpectedReplyError  # or the parser would wait for the body that was announced

    def on_message_complete(self) -> None:
        if self.head_done:
            self.done = True
            self.reusable = self._parser.should_keep_alive()
        elif self.status == 101:
            raise UnexpectedReplyError
