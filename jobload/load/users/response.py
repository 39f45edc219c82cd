"""A reply as an `OperationUser` gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobload.load.http.json_body import exactly_parsed, is_rounded, parsed
from jobload.load.http.reply import Reply


@dataclass(frozen=True, slots=True)
class Response:
    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def body(self) -> bytes:
        """Without its Content-Encoding, if that is gzip or deflate."""
        return self.reply.content

    @property
    def text(self) -> str:
        return self.reply.text

    def json(self) -> Any:
        """ValueError when it is none. A number may be an id, and keeps its digits."""
        body = self.reply.body
        try:
            said = parsed(body)
        except ValueError:
            said = parsed(body := self.reply.unpacked())
        return exactly_parsed(body) if is_rounded(said) else said

    def header(self, name: str) -> str | None:
        return self.reply.header_text(name)
