"""Keeps the words of peers that are no workers of this master from counting.

Locust 2.47 takes each message for that of the worker which the message itself names, and adds up
the statistics of anybody. Drop this when Locust looks at who is talking.
"""

from __future__ import annotations

import logging
from typing import Any

from locust.rpc import Message
from locust.runners import MasterRunner

INTRODUCTIONS = ("client_ready", "locustfile")
OURS = "jobload."
"""Messages of our own from strangers are counted by the collector, and dropped there."""
MOST_WARNINGS = 20
logger = logging.getLogger("jobload")


def refuse_strangers(runner: MasterRunner) -> None:
    plain = runner.handle_message
    warned: set[str] = set()

    def handle(client_id: str, msg: Message) -> None:
        why = _why_not(runner, client_id, msg)
        if why is None:
            plain(client_id, msg)
        elif client_id not in warned and len(warned) < MOST_WARNINGS:
            warned.add(client_id)
            logger.warning("Ignored a message of %a: %s", client_id, why)

    unguarded: Any = runner
    unguarded.handle_message = handle


def _why_not(runner: MasterRunner, client_id: str, msg: Message) -> str | None:
    if msg.node_id != client_id:
        return "it was sent in the name of another worker"
    # Also those that just now are none: between two runs each leaves and comes again.
    known = client_id in runner.worker_indexes
    if known or str(msg.type).startswith((*INTRODUCTIONS, OURS)):
        return None
    return "no worker of this master has that name"
