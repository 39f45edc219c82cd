"""The bytes of a request, rendered once but for what changes each time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from jobload.load.http.origin import Origin
from jobload.load.http.payload import Payload, ReferencePayload
from jobload.plan.request import WITHOUT_BODY

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
KEY = "idempotency-key"


class RequestTemplate:
    def __init__(
        self, method: str, path: str, origin: Origin, headers: Mapping[str, str], *, has_body: bool
    ) -> None:
        lines = [
            f"{method} {origin.base_path}{path} HTTP/1.1",
            f"Host: {origin.host_header}",
            *(
                f"{name}: {value}"
                for name, value in with_defaults(headers, JSON if has_body else None).items()
            ),
        ]
        if not has_body and method not in WITHOUT_BODY:
            lines.append("Content-Length: 0")  # some servers refuse it without (411)
        self.head = "\r\n".join(lines).encode("latin-1")
        self._has_body = has_body
        self.has_key = KEY in {name.lower() for name in headers}

    def render(self, body: bytes, key: bytes | None = None) -> bytes:
        """`key` identifies the operation to the target, the same in each of its attempts."""
        identity = b"" if key is None or self.has_key else b"\r\nIdempotency-Key: " + key
        if not self._has_body:
            return b"%b%b\r\n\r\n" % (self.head, identity)
        return b"%b%b\r\nContent-Length: %d\r\n\r\n%b" % (self.head, identity, len(body), body)


class KeyedRequests:
    """The requests of one user: `render` gives the one of its `count`th operation."""

    def __init__(self, template: RequestTemplate, payload: Payload, key_start: bytes) -> None:
        self._template = template
        self._payload = payload
        self._key_start = key_start

    def render(self, count: int) -> bytes:
        return self._template.render(self._payload.body(), b"%b%d" % (self._key_start, count))


class StampedRequests:
    """The same for the reference payload, in one pass: nothing but two numbers changes."""

    def __init__(
        self, template: RequestTemplate, payload: ReferencePayload, key_start: bytes
    ) -> None:
        self._payload = payload
        self._before_count = b"%b\r\nIdempotency-Key: %b" % (template.head, key_start)
        self._before_stamp = b"\r\nContent-Length: %d\r\n\r\n%b" % (
            len(payload.body()),
            payload.before_stamp,
        )
        self._after_stamp = payload.after_stamp
        self._end = payload.end

    def render(self, count: int) -> bytes:
        return b"%b%d%b%d%b%b" % (
            self._before_count,
            count,
            self._before_stamp,
            self._payload.stamp(),
            self._after_stamp,
            self._end,
        )


def merged(headers: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """`own` take the place of those of their names, in whatever letters."""
    named = {name.lower() for name in own}
    return {name: value for name, value in headers.items() if name.lower() not in named} | {**own}


def with_defaults(headers: Mapping[str, str], content_type: str | None) -> dict[str, str]:
    """The type is that of the body; None: it has none."""
    named = {name.lower() for name in headers}
    complete = dict(headers)
    if content_type is not None and "content-type" not in named:
        complete["Content-Type"] = content_type
    if "accept" not in named:
        complete["Accept"] = "application/json"
    if "user-agent" not in named:
        complete["User-Agent"] = f"jobload/{_own_version()}"
    return complete


@cache
def _own_version() -> str:
    return version("jobload")
