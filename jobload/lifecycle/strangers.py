"""Keeps the words of peers that are no workers of this master from counting.

Locust 2.47 takes each message for that of the worker which the message itself names, and adds up
the statistics of anybody. Drop this when Locust looks at who is talking.
"""

from __future__ import annotations

import logging
from typing import Any

from locust.rpc import Message
from locust.runners import MasterRunner

INTRODUCTION = "client_ready"
WANTS_THE_LOCUSTFILE = "locustfile"
MOST_WARNINGS = 20
logger = logging.getLogger("jobload")


def refuse_strangers(runner: MasterRunner) -> None:
    plain = runner.handle_message
    introduced: set[str] = set()
    warned: set[str] = set()

    def handle(client_id: str, msg: Message) -> None:
        if msg.node_id != client_id:
            why = "it was sent in the name of another worker"
        elif msg.type == INTRODUCTION or client_id in introduced:
            # For good: between two runs Locust forgets each worker until it comes again.
            introduced.add(client_id)
            return plain(client_id, msg)
        elif msg.type == WANTS_THE_LOCUSTFILE:
            return plain(client_id, msg)
        else:
            why = "it is no worker of this master"
        if client_id not in warned and len(warned) < MOST_WARNINGS:
            warned.add(client_id)
            logger.warning("Ignored messages of %a on the workers' port: %s", client_id, why)
        return None

    unguarded: Any = runner
    unguarded.handle_message = handle
