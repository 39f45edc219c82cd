"""A socket that listens where an option says, or a sentence on why none can."""

from __future__ import annotations

import os
import socket

from jobload.plan.problem import PlanError, option_problem


def listening(host: str, port: int, option: str) -> socket.socket:
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        known = number is not None and number > 0  # not those of the resolver
        why = os.strerror(number) if known else getattr(error, "strerror", None) or str(error)
        message = f"nothing can listen on {host}:{port}: {why}; name another port or host"
        raise PlanError([option_problem(f"{option} {port}", message)]) from None
