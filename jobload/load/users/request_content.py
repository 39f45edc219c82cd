"""The body of a request that somebody's own user sends, and the header that says what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from jobload.load.http.request_template import FORM, JSON


def content_of(
    json: Any, form: Mapping[str, Any] | None, body: bytes | str | None
) -> tuple[bytes | None, dict[str, str]]:
    """None: it has no body."""
    if json is not None:
        return orjson.dumps(json), {"Content-Type": JSON}
    if form is not None:
        return urlencode(form).encode(), {"Content-Type": FORM}
    return (body.encode() if isinstance(body, str) else body), {}
