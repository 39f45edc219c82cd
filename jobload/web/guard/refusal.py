"""A request that is turned away: the log says which and why, the answer why."""

from __future__ import annotations

import logging

from flask import Response, request

logger = logging.getLogger("jobload")
SHOWN_CHARACTERS = 120


def refuse(status: int, sentence: str, retry_after_s: int | None = None) -> Response:
    log_refusal(sentence)
    response = Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def log_refusal(sentence: str) -> None:
    """Without the query, which may hold a token; no line of the log can be forged this way."""
    logger.warning(
        "Refused %s %s from %s: %s",
        request.method,
        ascii(request.path[:SHOWN_CHARACTERS]),
        request.remote_addr,
        "".join(c if c.isprintable() else "\ufffd" for c in sentence),
    )
