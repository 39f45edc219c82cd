"""A process of its own that tells of a run: over HTTP to who asks, and by OTLP.

What it takes to write thousands of lines, and to wait for an endpoint, must not disturb the load.
It ends when its standard input does, and so never outlives the process that leads.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from contextlib import suppress
from threading import Lock

import msgspec

from jobload.live.metrics.frame import Frame
from jobload.web.exporter.exporter_messages import ExporterEvent, ExporterSettings, messages
from jobload.web.exporter.metrics_server import MetricsServer


class Told:
    """The newest frame, and the way back. `tell` may be called in any thread."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self._lock = Lock()

    def tell(self, event: ExporterEvent) -> None:
        line = msgspec.json.encode(event) + b"\n"
        with self._lock, suppress(BrokenPipeError):  # who leads has gone, as the input's end tells
            os.write(sys.stdout.fileno(), line)

    def scraped(self, frame: Frame | None) -> None:
        if frame is not None:
            self.tell(ExporterEvent(scraped=True, is_last=frame.state != "running"))


def main(settings: ExporterSettings) -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the leader says when it is over
    told = Told()
    if settings.socket is not None:
        MetricsServer(settings, lambda: told.frame, told.scraped).start()
    push = None
    if settings.otlp is not None:
        from jobload.web.exporter.otlp_push import OtlpPush

        push = OtlpPush(settings.otlp, told.tell)
    told.tell(ExporterEvent(ready=True))
    for message in messages(sys.stdin.buffer):
        if message.frame is not None:
            told.frame = message.frame
        if push is not None:
            push.take(message)


if __name__ == "__main__":
    atexit.register(gc.freeze)  # to look for garbage as it ends takes a fifth of its CPU
    main(msgspec.json.decode(sys.argv[1], type=ExporterSettings))
