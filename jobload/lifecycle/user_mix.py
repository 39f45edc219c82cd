"""Which user classes run in a scenario, and in what shares."""

from __future__ import annotations

import hashlib
import sys
from codecs import BOM_UTF8
from collections.abc import Collection, Mapping
from contextlib import suppress
from inspect import isfunction, unwrap
from pathlib import Path
from typing import Any

from locust.env import Environment

from jobload.lifecycle.locustfile import is_own
from jobload.load.users.arrival_user import ArrivalUser
from jobload.load.users.job_submitter import JobSubmitter
from jobload.plan.request import WITHOUT_BODY
from jobload.plan.scenario import Scenario

_OURS = "jobload."
_WRITTEN = "_jobload_as_written"


def users_of(environment: Environment) -> Mapping[str, Any]:
    """All user classes of the locustfile, whether they were picked for this process or not."""
    return environment.available_user_classes or environment.user_classes_by_name


def endpoints_of(users: Mapping[str, Any], scenario: Scenario) -> tuple[str, ...] | None:
    """What a check of the scenario may name as its endpoint; None when a user class keeps it."""
    found: list[str] = []
    for name in scenario.users_mix:
        user = users.get(name)
        labels = user.labels(scenario) if user and issubclass(user, ArrivalUser) else None
        if labels is None:
            return None
        found += labels
    return tuple(dict.fromkeys(found))


def sends_payload(users: Mapping[str, Any], scenario: Scenario) -> bool:
    """Whether one of its users sends the rows of a payload file."""
    submitters = [issubclass(users[name], JobSubmitter) for name in scenario.users_mix]
    return any(submitters) and scenario.method not in WITHOUT_BODY


def unmeasured(users: Mapping[str, Any]) -> list[str]:
    """Those that jobload knows by Locust's events only."""
    return [name for name, user in users.items() if not issubclass(user, ArrivalUser)]


def unweighted(users: Mapping[str, Any]) -> list[str]:
    """Those that Locust takes out as it starts: nobody has given them a weight or a fixed count."""
    return [name for name, user in users.items() if not any(_as_written(user))]


def own_mix(
    users: Mapping[str, Any], picked: Collection[str] = (), equal: bool = False
) -> dict[str, int | float]:
    """Those that somebody has written, with their weights; of those picked by hand, if any were.
    One without weight or fixed count is started by nobody."""
    found = {name: user for name, user in users.items() if not user.__module__.startswith(_OURS)}
    found = {name: user for name, user in found.items() if any(_as_written(user))} or found
    chosen = {name: user for name, user in found.items() if name in picked} or found
    return {name: 1 if equal else _as_written(user)[0] or 1 for name, user in chosen.items()}


def _as_written(user: Any) -> tuple[int | float, int]:
    """Weight and fixed count, before any mix was applied."""
    written: tuple[int | float, int] = vars(user).get(_WRITTEN, (user.weight, user.fixed_count))
    return written


def apply_mix(environment: Environment, mix: Mapping[str, int | float]) -> None:
    """Gives each class its share; classes picked by hand that the mix lacks share equally.

    Locust reads the weights when it makes its dispatcher, and the public interface has no other way
    to a new mix than a new dispatcher. No user runs when this is called.
    """
    picked = environment.user_classes
    if not any(user_class.__name__ in mix for user_class in picked):
        mix = {user_class.__name__: 1 for user_class in picked}
    for user_class in picked:
        written = _as_written(user_class)
        setattr(user_class, _WRITTEN, written)
        user_class.weight = mix.get(user_class.__name__, 0)
        user_class.fixed_count = written[1] if user_class.weight else 0
    if environment.runner is not None:
        environment.runner._users_dispatcher = None


def sources_of(environment: Environment) -> dict[str, dict[str, str]]:
    """What tells classes of one name apart: for each class that it is made of a hash of the
    file that holds it, as it is now. Of what is installed its version tells; what can't be
    found or read is not told of."""
    found = {name: _sources(user) for name, user in users_of(environment).items()}
    return {name: sources for name, sources in found.items() if sources}


def are_of_others(here: Mapping[str, str], there: Mapping[str, str]) -> bool:
    """A base class may be installed here and lie beside the locustfile there, or be one of another
    Python; only what both tell of is compared."""
    return any(here[name] != there[name] for name in here.keys() & there.keys())


def _sources(user_class: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in user_class.__mro__:
        with suppress(OSError, ValueError):
            file = str(_file_of(base))
            if file.endswith(".py") and is_own(file):
                lines = Path(file).read_bytes().removeprefix(BOM_UTF8).splitlines()
                found.setdefault(base.__qualname__, hashlib.sha256(b"\n".join(lines)).hexdigest())
    return found


def _file_of(user_class: type) -> object:
    """Of locustfiles of one name, in several folders, `sys.modules` has only one."""
    for each in vars(user_class).values():
        within = getattr(unwrap(each), "__globals__", {}) if isfunction(each) else {}
        if within.get("__name__") == user_class.__module__:
            return within.get("__file__")
    within = getattr(sys.modules.get(user_class.__module__), "__dict__", {})
    return within.get("__file__") if any(each is user_class for each in within.values()) else None
