"""The bytes of a request, rendered once but for what changes each time."""

from __future__ import annotations

from collections.abc import Mapping

from jobload.load.origin import Origin

WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"})


class RequestTemplate:
    def __init__(
        self, method: str, path: str, origin: Origin, headers: Mapping[str, str], *, has_body: bool
    ) -> None:
        lines = [
            f"{method} {origin.base_path}{path} HTTP/1.1",
            f"Host: {origin.host_header}",
            *(f"{name}: {value}" for name, value in _with_defaults(headers, has_body).items()),
        ]
        self._head = "\r\n".join(lines).encode("latin-1")
        self._has_body = has_body

    def render(self, body: bytes, key: bytes | None = None) -> bytes:
        """`key` identifies the operation to the target, the same in each of its attempts."""
        identity = b"" if key is None else b"\r\nIdempotency-Key: " + key
        if not self._has_body:
            return b"%b%b\r\n\r\n" % (self._head, identity)
        return b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (self._head, identity, len(body), body)


def _with_defaults(headers: Mapping[str, str], has_body: bool) -> dict[str, str]:
    named = {name.lower() for name in headers}
    complete = dict(headers)
    if has_body and "content-type" not in named:
        complete["Content-Type"] = "application/json"
    if "accept" not in named:
        complete["Accept"] = "application/json"
    return complete
