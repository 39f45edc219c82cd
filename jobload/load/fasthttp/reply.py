"""A reply of FastHttpUser's client."""

from __future__ import annotations

from geventhttpclient.header import Headers

from jobload.load.http.reply import Reply


class FastHttpReply(Reply, kw_only=True):
    """With headers that are parsed already."""

    headers: Headers

    def header(self, name: bytes) -> bytes | None:
        values = self.headers.getlist(name.decode("latin-1"))
        return ", ".join(values).encode("latin-1") if values else None
