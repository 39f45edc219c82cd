"""Keys in the terminal of Locust's web UI start and stop users, in mid-run or before any.

Here how many there are is the plan's affair: of whatever else the verdict would be INVALID.
"""

from __future__ import annotations

import logging
from typing import Any

from locust import main

OF_USERS = "wWsS"
logger = logging.getLogger("jobload")


def keep_keys_off_the_users() -> None:
    """Locust 2.47 gives them their meaning at the end of its `main`."""
    of_locust: Any = main
    plain = of_locust.input_listener
    of_locust.input_listener = lambda keys: plain({**keys, **dict.fromkeys(OF_USERS, _refuse)})


def _refuse() -> None:
    logger.warning("How many users there are is the plan's affair; this key changes nothing.")
