"""A complete reply."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

END_OF_HEAD = b"\r\n\r\n"
_END_OF_ODD_HEAD = re.compile(rb"\n\r?\n")
_BEGIN = re.compile(rb"HTTP/1\.\d ").match
_BLANK_LINES = re.compile(rb"[\r\n]*")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE | re.ASCII)
_NO_CHARSETS = frozenset({"punycode", "unicode-escape", "raw-unicode-escape", "utf-7"})
"""But to Python: the first takes seconds for a large reply, the others give half characters."""


class Reply:
    """`read_s` is when its last byte was read, `lag_s` how long that had lain in the kernel (below
    zero: not known), `target_s` how long the target took: to connect, where that was needed, and
    from the request's leaving to the reply's arrival."""

    read_s = 0.0
    lag_s = 0.0
    target_s = 0.0

    def __init__(self, status: int, body: bytes, received: bytes | bytearray) -> None:
        """`received` is its head, and perhaps more."""
        self.status = status
        self.body = body
        self.received = received

    def header(self, name: bytes) -> bytes | None:
        """The value of that header, several joined by a comma. Looked up only when asked for."""
        wanted = name.lower()
        head, _ = split_head(self.received)
        fields = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        values = [bytes(value.strip()) for key, _, value in fields if key.lower() == wanted]
        return b", ".join(values) if values else None

    def header_text(self, name: str) -> str | None:
        value = self.header(name.encode())
        return None if value is None else as_text(value)

    @property
    def content(self) -> bytes:
        """The body without its Content-Encoding; as it came where that can't be taken off."""
        try:
            return self.unpacked()
        except ValueError:
            return self.body

    @property
    def readable(self) -> bytes:
        """For people: the content, or why it can't be read."""
        try:
            return self.unpacked()
        except ValueError as error:
            return f"({error}; {len(self.body):,} bytes)".encode()

    def unpacked(self) -> bytes:
        """UnreadableError, a ValueError, when the content can't be read."""
        if not self.body or (encoding := self.header_text("content-encoding")) is None:
            return self.body
        from jobload.load.http.content_encoding import unpacked

        return unpacked(self.body, encoding)

    @property
    def text(self) -> str:
        """By the charset that its Content-Type names; UTF-8 without one that anybody knows."""
        content = self.content
        if (said := _CHARSET.search(self.header_text("content-type") or "")) is not None:
            with suppress(LookupError, ValueError):
                if codecs.lookup(said[1]).name not in _NO_CHARSETS:
                    return content.decode(said[1], "replace")
        return content.decode("utf-8", "replace")


def as_text(value: bytes) -> str:
    """UTF-8 where it is; any bytes are Latin-1."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def head_of(reply: Reply) -> bytes:
    return bytes(split_head(reply.received)[0])


def split_head(received: bytes | bytearray) -> tuple[bytes | bytearray, bytes | bytearray]:
    """The final reply's head without what was sent ahead of it (1xx), and what follows it."""
    start = 0
    while True:
        blank = _BLANK_LINES.match(received, start)
        start = blank.end() if blank else start
        end = received.find(END_OF_HEAD, start)
        if end < 0:
            return received[start:], b""
        after = end + len(END_OF_HEAD)
        if received[start + 9 : start + 10] != b"1":
            return received[start:end], received[after:]
        start = after


def blank_line_in(received: bytes | bytearray, newest_bytes: int) -> bool:
    return _END_OF_ODD_HEAD.search(received, max(0, len(received) - newest_bytes - 2)) is not None


def in_plain_lines(received: bytes | bytearray, most_interim: int) -> tuple[bytes, bool]:
    """With each field of a head in one line that ends with CR and LF, and whether all of the final
    one is there. Fields that a server's configuration has in several lines go out in as many
    (RFC 9112, 2.2 and 5.2)."""
    plain, start = b"", 0
    for _ in range(most_interim + 1):
        blank = _BLANK_LINES.match(received, start)
        first = blank.end() if blank else start
        end = _END_OF_ODD_HEAD.search(received, first)
        head = bytes(received[first : end.start() if end else None])
        if not _BEGIN(head[:9] + b"HTTP/1.1 "[len(head) :]):
            break
        head = re.sub(rb"\r?\n", b"\r\n", re.sub(rb"\r?\n[\t ]+", b" ", head))
        plain += received[start:first] + head
        if end is None:
            return plain, False
        plain = plain.removesuffix(b"\r") + END_OF_HEAD
        start = end.end()
        if head[9:10] != b"1":
            return plain + received[start:], True
    return bytes(received), True
