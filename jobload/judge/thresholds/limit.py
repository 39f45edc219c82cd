"""What must hold of a metric, as people write it: `<= 200ms`, `>= 40/s`, `<= 1%`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Literal, cast

from jobload.judge.thresholds.metric import Metric, Unit
from jobload.plan.duration import parse_duration
from jobload.plan.problem import shown

Comparator = Literal["<=", ">=", "<", ">"]
COMPARE: dict[Comparator, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "<": lt, ">": gt}

_LIMIT = re.compile(r"(<=|>=|<|>)(?![=<>])(.*)", re.DOTALL)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(.*)", re.ASCII | re.DOTALL)
_WRITTEN: dict[Unit, tuple[str, str]] = {
    "/s": ("a rate", "40/s"),
    "%": ("a share", "1%"),
    "ms": ("a time", "200ms"),
    "": ("a plain number", "3"),
    "s": ("a time", "2s"),
    "bytes": ("a size", "512MiB"),
    "bytes/s": ("a size per second", "10MB/s"),
}
"""What it is, and an example."""
_RATES = {"/s": 1.0, "/min": 1 / 60}
_BYTES = {"bytes": 1, "B": 1}
_BYTES |= {f"{letter}B": 1000**power for power, letter in enumerate("kMGT", 1)}
_BYTES |= {f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)}
_SHARES = ("error_rate", "request_error_rate", "missed", "abandoned")


@dataclass(frozen=True, slots=True)
class Limit:
    comparator: Comparator
    value: float
    unit: Unit


def parse_limit(metric: Metric, text: str) -> Limit:
    match = _LIMIT.fullmatch(text.strip())
    if not match:
        raise ValueError(
            f"expected <=, >=, < or > and a figure, as in {_example(metric)!r}, not {shown(text)}"
        )
    value, unit = parse_quantity(metric, match[2])
    return Limit(cast(Comparator, match[1]), value, unit)


def parse_quantity(metric: Metric, text: str) -> tuple[float, Unit]:
    """The figure in base units: a second, percent or milliseconds."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError(
            f"expected a figure, as in {_example(metric)!r}, not {shown(text.strip())}"
        )
    number, suffix = float(match[1]), match[2].strip()
    for unit in metric.units:
        value = _in_base_unit(number, suffix, text.strip(), unit)
        if value is not None:
            _check_share(metric, value, unit, text)
            return value, unit
    raise ValueError(_wrong_unit(metric, match[1], suffix))


def _in_base_unit(number: float, suffix: str, text: str, unit: Unit) -> float | None:
    match unit:
        case "/s":
            return number * _RATES[suffix] if suffix in _RATES else None
        case "ms" | "s":
            try:
                seconds = parse_duration("".join(text.split()))
            except ValueError:
                return None
            return round(seconds * 1000, 6) if unit == "ms" else seconds
        case "bytes":
            return number * _BYTES[suffix] if suffix in _BYTES else None
        case "bytes/s":
            size = suffix.removesuffix("/s")
            return number * _BYTES[size] if size in _BYTES and size != suffix else None
    return number if suffix == unit else None


def _check_share(metric: Metric, value: float, unit: Unit, text: str) -> None:
    if unit == "%" and metric.statistic in _SHARES and value > 100:
        raise ValueError(f"a share lies between 0% and 100%, not at {text.strip()}")


def _wrong_unit(metric: Metric, number: str, suffix: str) -> str:
    written = [_WRITTEN[unit] for unit in metric.units]
    kinds = " or ".join(kind for kind, _ in written)
    examples = " or ".join(number + example.lstrip("0123456789") for _, example in written)
    what = f"can't be in {shown(suffix)}" if suffix else "needs a unit"
    more = " (also ms, s, m, h)" if {"ms", "s"} & {*metric.units} else ""
    return f"{metric.name} is {kinds} and {what}; write {examples}{more}"


def _example(metric: Metric) -> str:
    return f"<= {_WRITTEN[metric.units[0]][1]}"
