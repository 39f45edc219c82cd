"""Who sends a request in drops holds a connection for a while only."""

from __future__ import annotations

from typing import Any

from gevent import pywsgi

WITHIN_S = 30.0
"""So long a client may send nothing of a request it has begun, or none at all."""


class ImpatientHandler(pywsgi.WSGIHandler):
    """Locust 2.47 makes the server itself, with gevent's handler, which waits for ever."""

    def handle(self) -> Any:
        self.socket.settimeout(WITHIN_S)
        return super().handle()


def expect_requests_in_time() -> None:
    pywsgi.WSGIServer.handler_class = ImpatientHandler
