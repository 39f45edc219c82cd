"""Errors as application/problem+json (RFC 9457). Nothing the client sent is repeated in them."""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    return Response(problem_body(status, detail), status, headers, MEDIA_TYPE)


def problem_body(status: int, detail: str) -> bytes:
    title = HTTPStatus(status).phrase
    return msgspec.json.encode(
        {"type": "about:blank", "title": title, "status": status, "detail": detail}
    )


def unavailable() -> Response:
    detail = "The job store does not answer. Nothing is known to be lost; try again."
    return problem(503, detail, {"retry-after": "1"})
