"""uvicorn, set up for this application: uvloop, httptools, deadlines for slow clients."""

import signal
import socket
import sys
from typing import Any

import uvicorn

from target_app.app import Target
from target_app.listener import BACKLOG
from target_app.metrics import Metrics
from target_app.protocol import SweepingServer, protocol_for
from target_app.settings import Settings


def serve(
    settings: Settings, listener: socket.socket, admin: socket.socket | None, metrics: Metrics
) -> None:
    """Until SIGTERM or SIGINT; then finishes what it has accepted."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    target = Target(settings, metrics, admin.getsockname()[1] if admin else None)
    listeners = [listener, admin] if admin else [listener]
    SweepingServer(_config(settings, target)).run(sockets=listeners)


def _end(number: int, frame: Any) -> None:
    """Before uvicorn serves, and when it raises the signal again after its orderly shutdown."""
    sys.exit(0)


def _config(settings: Settings, target: Target) -> uvicorn.Config:
    return uvicorn.Config(
        target,
        loop="uvloop",
        http=protocol_for(settings),
        ws="none",
        lifespan="on",
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=settings.idle_timeout_s,
        timeout_graceful_shutdown=settings.drain_timeout_s,
    )
