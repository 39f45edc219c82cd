"""The values that a request has sent, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from jobload.init.har.reply_values import scalars
from jobload.init.recorded_request import RecordedRequest


def sent_values(request: RecordedRequest) -> Iterator[Any]:
    for segment in request.url.path.split("/"):
        yield unquote(segment)
    yield from (value for _, value in parse_qsl(request.url.query))
    for _, header in request.headers:
        yield header
        yield header.partition(" ")[2]
    if (data := request.json) is not None:
        yield from (value for _, value in scalars(data))
    else:
        yield from (value for _, value in request.form or ())
