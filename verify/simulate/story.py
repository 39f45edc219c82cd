"""What happened, when, and on which host: kept while a seed runs, told when it is replayed."""

from __future__ import annotations

import logging

from verify.simulate import virtual_loop
from verify.simulate.virtual_loop import current_host


class Story:
    def __init__(self) -> None:
        self._lines: list[tuple[float, str, str]] = []

    def tell(self, where: str, what: str) -> None:
        self._lines.append((virtual_loop.loop.now_s, where, what))

    def lines(self) -> list[str]:
        return [f"{at_s:10.4f}  {where:<8} {what}" for at_s, where, what in self._lines]

    def listen_to_logs(self) -> None:
        """jobload's own lines, and what Locust warns of."""
        logging.disable(logging.NOTSET)
        root = logging.getLogger()
        root.handlers = [_Handler(self)]
        root.setLevel(logging.WARNING)
        logging.getLogger("jobload").setLevel(logging.INFO)


class _Handler(logging.Handler):
    def __init__(self, story: Story) -> None:
        super().__init__()
        self._story = story

    def emit(self, record: logging.LogRecord) -> None:
        for line in record.getMessage().splitlines():
            self._story.tell(current_host().name, f"[{record.levelname.lower()}] {line}")
