"""The hosts that load may be sent to: loopback, and those the command line names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from gevent.socket import getaddrinfo

from jobload.load.http.origin import Origin, OriginError
from jobload.plan.loopback import LOCALHOST, is_loopback, literal_address


@dataclass(frozen=True, slots=True)
class AllowedTargets:
    """Fixed when the process that judges starts; workers are told, and check by themselves."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, given: Iterable[str]) -> AllowedTargets:
        """From hosts or addresses as people write them; OriginError for one that is neither."""
        return cls(frozenset(_host_of(text) for text in given))

    def refusal(
        self, origin: Origin, look_up: Callable[..., Iterable[Any]] = getaddrinfo
    ) -> str | None:
        """One sentence when nothing may be sent there.

        A name that is not on the list is refused wherever it points to now, because it may point
        elsewhere with the next connection; `localhost` must mean this machine.
        """
        if _plain(origin.host) in self.hosts:
            return None
        if (address := literal_address(origin.host)) is not None:
            return None if is_loopback(address) else self._not_allowed(origin)
        if origin.host not in LOCALHOST:
            return self._not_allowed(origin)
        try:
            found = {str(entry[4][0]) for entry in look_up(origin.host, origin.port)}
        except OSError as error:
            return f"The target's host {origin.host} can't be looked up: {error.args[-1]}."
        distant = sorted(text for text in found if not is_loopback(ip_address(text)))
        if distant:
            return f"{origin.host} leads to {', '.join(distant)} here, which is not this machine."
        return None

    def _not_allowed(self, origin: Origin) -> str:
        allowed = ", ".join(["this machine", *sorted(self.hosts)])
        return (
            f"The host {origin.host} is not an allowed target. Allowed: {allowed}. Others must be"
            f" named when jobload starts: --allow-target {origin.host}"
        )


def _plain(host: str) -> str:
    return host.lower().removesuffix(".")


def _host_of(text: str) -> str:
    text = text.strip()
    if ":" in text and not text.startswith("[") and literal_address(text) is not None:
        text = f"[{text}]"
    try:
        return _plain(Origin.parse(text if "://" in text else f"http://{text}").host)
    except OriginError:
        raise OriginError(
            "A host that --allow-target names is no name, IP or address; expected something like"
            " staging.example or 10.0.0.5."
        ) from None
