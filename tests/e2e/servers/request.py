"""What comes in, and what goes out when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """`arrived_s` is of `perf_counter`, which all processes of a Linux machine share."""

    method: str
    path: str
    key: bytes
    body: bytes
    arrived_s: float
    cookie: bytes = b""
    authorization: bytes = b""
    parent: bytes = b""
    """The header `traceparent`."""

    @property
    def place(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    at_s: float
    status: int = 201
    body: bytes = b'{"id":"1","status":"pending"}'
    fields: tuple[bytes, ...] = ()
    """Lines of its head, besides those that all have."""

    def head(self) -> bytes:
        start = b"HTTP/1.1 %d -\r\nContent-Type: application/json" % self.status
        length = b"Content-Length: %d\r\n\r\n" % len(self.body)
        return b"\r\n".join((start, *self.fields, length))
