"""The names this web UI may be called by; a page of another name has no business here.

A browser that was led here under a foreign name (DNS rebinding) says so in `Host`.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping

from jobload.plan.loopback import is_loopback, leads_to_loopback, literal_address

WEB_HOSTS = "JOBLOAD_WEB_HOSTS"


def further_names(environ: Mapping[str, str]) -> set[str]:
    return {name.strip().lower() for name in environ.get(WEB_HOSTS, "").split(",")} - {""}


class OwnNames:
    """`bound_to` is what the server listens on, "" or "*" for everything."""

    def __init__(self, bound_to: str, further: Iterable[str] = ()) -> None:
        self._only_here = leads_to_loopback(bound_to)
        self._names = {"localhost", *further}
        if not self._only_here:
            self._names |= {bound_to.lower(), socket.gethostname().lower()}

    def include(self, host_header: str | None) -> bool:
        host = host_of(host_header)
        if host is None:
            return False
        if host in self._names:
            return True
        address = literal_address(host)
        if address is None:
            return False
        # A rebound name is always a name: an address can't be led elsewhere.
        return not self._only_here or is_loopback(address)


def host_of(host_header: str | None) -> str | None:
    """Without the port, which may differ behind a forwarded one."""
    text = (host_header or "").strip().lower()
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]")
        return inner if bracket and (not rest or rest.startswith(":")) else None
    host, _, port = text.partition(":")
    return host.removesuffix(".") if host and (not port or port.isdigit()) else None
