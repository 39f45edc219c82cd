"""The addresses that users of a locustfile name in their classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobload.load.http.origin import Origin, OriginError
from jobload.load.users.arrival_user import ArrivalUser

_GIVEN = "_jobload_gave_its_host"


class OwnHosts:
    """As the classes have them when the locustfile has been read."""

    def __init__(self, users: Mapping[str, Any]) -> None:
        named = [user.host for user in users.values() if user.host]
        self.hosts: list[str] = [*dict.fromkeys(named)]
        self.are_everyones = bool(users) and len(named) == len(users)
        ours = [user for user in users.values() if issubclass(user, ArrivalUser)]
        self.any_user_is_own = len(ours) < len(users)
        self.all_users_are_own = bool(users) and not ours

    @property
    def text(self) -> str:
        return ", ".join(self.hosts)

    def origins(self) -> list[Origin]:
        """Those that speak HTTP; another protocol's address is its client's affair."""
        found = []
        for host in self.hosts:
            try:
                found.append(Origin.parse(host))
            except OriginError:
                continue
        return found


def give_host(users: Mapping[str, Any], origin: Origin | None) -> None:
    """Users that name none aim where the run does."""
    for user in users.values() if origin is not None else ():
        if user.host is None or _GIVEN in vars(user):
            user.host = str(origin)
            setattr(user, _GIVEN, True)
