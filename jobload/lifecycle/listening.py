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
        number: int = getattr(error, "errno", None) or 0
        of_system = number > 0  # those of the resolver are below it
        why = os.strerror(number) if of_system else getattr(error, "strerror", None) or str(error)
        message = f"nothing can listen on {host}:{port}: {why}; name another port or host"
        raise PlanError([option_problem(f"{option} {port}", message)]) from None
