"""The body of a request that somebody's own user sends, and the header that says what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jobload.load.flow.request_writer import header_value
from jobload.load.http.json_body import dumped
from jobload.load.http.request_template import FORM, JSON
from jobload.plan.headers import check_own_name


def content_of(
    json: Any, form: Mapping[str, Any] | None, body: bytes | str | None
) -> tuple[bytes | None, dict[str, str]]:
    """None: it has no body."""
    if json is not None:
        return dumped(json), {"Content-Type": JSON}
    if form is not None:
        return urlencode(form, doseq=True).encode(), {"Content-Type": FORM}
    return (body.encode() if isinstance(body, str) else body), {}


def check_headers(headers: Mapping[str, str]) -> None:
    """ValueError or UnsendableError where one would be others, or another request."""
    for name, value in headers.items():
        check_own_name(name)
        header_value(f"{value}")
