"""A request as it goes over the wire, taken apart again for a client that writes it itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from geventhttpclient.header import Headers


@dataclass(frozen=True, slots=True)
class WrittenRequest:
    method: str
    target: str
    headers: Headers
    body: bytes

    @classmethod
    def read(cls, request: bytes) -> Self:
        head, _, body = request.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        method, target, _ = line.split(" ")
        headers = Headers()
        for field in fields:
            name, _, value = field.partition(":")
            headers.add(name, value.strip())
        return cls(method, target, headers, body)
