"""A fault, and how it is put into the code in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Alter = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`known` is the first seed that finds it; when cases are drawn in another way, or more
    promises are made, it is another: `python -m verify.simulate --catalogue` says which."""

    alter: Alter
    known: int


class Faults(dict[str, Fault]):
    def planted(self, known: int) -> Callable[[Alter], Alter]:
        def plant(alter: Alter) -> Alter:
            self[alter.__name__.replace("_", "-")] = Fault(alter, known)
            return alter

        return plant


def wrap(kind: Any, name: str, around: Callable[..., Any]) -> None:
    """`around` gets the plain function first."""
    plain = getattr(kind, name)
    setattr(kind, name, lambda *args, **more: around(plain, *args, **more))


def substitute(kind: Any, name: str, value: Any) -> None:
    setattr(kind, name, value)
