"""The start form: what it may say, and what that means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from locust.util.timespan import parse_timespan

from jobload.plan.problem import did_you_mean
from jobload.web.run_control import StartRequest
from jobload.web.runs.run_store import RunStore

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

ADHOC = "adhoc"
ONE_EACH = (
    *("host", "scenario", "suite", "no_rate", "profile_only", "baseline", "rate"),
    *("user_count", "spawn_rate", "run_time", "shape_class", "profile"),
)
KEYS = {*ONE_EACH, "user_classes"}
NONE = "– none –"
"""What a drop-down says when nothing is chosen."""
LONGEST_VALUE = 500
LONGEST_RUN_S = 366 * 24 * 3600
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_RATE = re.compile(r"\d{1,9}(\.\d{1,9})?\s*(/\s*(s|min))?", re.ASCII)


N = TypeVar("N", int, float)


class UnknownKeysError(Exception):
    """The form has fields that no form of ours has: whoever sent it wants something else."""


class FormError(Exception):
    """One sentence for whoever filled in the form."""


def read_form(form: MultiDict[str, str], store: RunStore, default_host: str) -> StartRequest:
    _check_shape(form)
    values = {key: form.get(key, "").strip().removeprefix(NONE) for key in ONE_EACH}
    scenario, suite = values["scenario"].lower() or None, values["suite"].lower() or None
    if scenario and suite:
        raise FormError(f"Choose a scenario or a suite, not both: {scenario} and {suite}.")
    adhoc = scenario == ADHOC or (not scenario and not suite and _is_adhoc_shape(values))
    own = _locusts_own(values) if adhoc else {}
    return StartRequest(
        host=values["host"] or default_host,
        scenario=scenario,
        suite=suite,
        no_rate=_flag("no_rate", values),
        profile_only=_flag("profile_only", values),
        baseline=_baseline(values["baseline"], store),
        rate=_rate(values["rate"]),
        user_classes=tuple(form.getlist("user_classes")),
        shape_class=values["shape_class"] or None,
        **own,
    )


def _check_shape(form: MultiDict[str, str]) -> None:
    if not form:
        raise UnknownKeysError("The request has no form, so it can't say what shall run.")
    if unknown := sorted(set(form) - KEYS):
        known = did_you_mean(unknown[0], sorted(KEYS))
        raise UnknownKeysError(
            f"The form can't set {', '.join(key[:60] for key in unknown[:5])}; {known}"
        )
    for key in form:
        if key in ONE_EACH and len(form.getlist(key)) > 1:
            raise UnknownKeysError(f"The form has {key} more than once.")
        if any(len(v) > LONGEST_VALUE or not v.isprintable() for v in form.getlist(key)):
            raise FormError(f"The value of {key} is too long or has characters that don't print.")


def _is_adhoc_shape(values: Mapping[str, str]) -> bool:
    return values["shape_class"].lower() == ADHOC


def _flag(key: str, values: Mapping[str, str]) -> bool:
    value = values[key].lower()
    if value not in ("", "true", "false"):
        raise FormError(f"{key} is true or false, not {value!r}.")
    return value == "true"


def _baseline(run_id: str, store: RunStore) -> Path | None:
    if not run_id:
        return None
    if (path := store.baseline(run_id)) is None:
        raise FormError(f"There is no earlier run {run_id!r} to compare with.")
    return path


def _rate(text: str) -> str | None:
    if text and not _RATE.fullmatch(text):
        raise FormError(f"The rate is a number of operations a second, such as 50, not {text!r}.")
    return text or None


def _locusts_own(values: Mapping[str, str]) -> dict[str, Any]:
    """Locust's own three fields belong to the ad hoc scenario; with any other they mean nothing,
    and are filled in all the same."""
    return {
        "users": _number("The number of users", values["user_count"], int),
        "spawn_rate": _number("The ramp up", values["spawn_rate"], float),
        "run_time_s": _run_time(values["run_time"]),
    }


def _number(what: str, text: str, kind: Callable[[str], N]) -> N | None:
    if not text:
        return None
    try:
        if not _NUMBER.fullmatch(text):
            raise ValueError
        value = kind(text)
    except ValueError:
        example = "10" if kind is int else "2 or 0.5"
        raise FormError(f"{what} must be a number such as {example}, not {text!r}.") from None
    if value <= 0:
        raise FormError(f"{what} must be more than 0.")
    return value


def _run_time(text: str) -> int | None:
    if not text:
        return None
    try:
        seconds = min(parse_timespan(text), LONGEST_RUN_S + 1)
    except OverflowError:
        seconds = LONGEST_RUN_S + 1
    except ValueError:
        raise FormError(f"The run time must be like 20, 20s, 3m or 1h20m, not {text!r}.") from None
    if seconds <= 0:
        raise FormError("The run time must be more than 0 s.")
    if seconds > LONGEST_RUN_S:
        raise FormError("The run time must be a year at most.")
    return int(seconds)
