from __future__ import annotations

from geventhttpclient.header import Headers

from jobload.load.reply import Reply


class FastHttpReply(Reply):
    """With headers that are parsed already."""

    __slots__ = ("_headers",)

    def __init__(self, status: int, body: bytes, headers: Headers) -> None:
        super().__init__(status, body, b"")
        self._headers = headers

    def header(self, name: bytes) -> bytes | None:
        values = self._headers.getlist(name.decode("latin-1"))
        return ", ".join(values).encode("latin-1") if values else None
