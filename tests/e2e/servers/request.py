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

    @property
    def place(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    at_s: float
    status: int = 201
    body: bytes = b'{"id":"1","status":"pending"}'

    def head(self) -> bytes:
        head = b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        return head % (self.status, len(self.body))
