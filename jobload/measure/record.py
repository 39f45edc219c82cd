"""Counts that add, subtract, copy and send themselves."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import msgspec
from msgspec.structs import fields

MOST = 2**53
"""No count of a real run comes near; sums of larger ones could not be written as JSON."""

Count = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MOST)]


class Record(msgspec.Struct, array_like=True):
    """A new counter is one line in a subclass: its fields are what is merged and what is sent.

    Fields are numbers, records, or dicts of either. Those in `STATES` are not counts but how things
    stand: between processes they add up, from one moment to a later one they are replaced.
    """

    STATES: ClassVar[frozenset[str]] = frozenset()
    SIGNED: ClassVar[frozenset[str]] = frozenset()
    """Those that may become smaller."""
    WHOLE: ClassVar[frozenset[str]] = frozenset()
    """Those that are of all that was counted: what came after a moment has none of it."""

    def merge(self, other: Self) -> None:
        """Adds what another process counted, or what was counted at another time."""
        for name in self.__struct_fields__:
            if not (theirs := getattr(other, name)):
                continue  # most of a second's are zero or empty
            ours = getattr(self, name)
            if isinstance(theirs, Record):
                ours.merge(theirs)
            elif isinstance(theirs, dict):
                _merge_dicts(ours, theirs)
            else:
                setattr(self, name, ours + theirs)

    def extend(self, later: Self) -> None:
        """Adds what was counted after it: how things stood before is over."""
        fresh = type(self)()
        for name in self.STATES:
            setattr(self, name, getattr(fresh, name))
        self.merge(later)

    def since(self, earlier: Self) -> Self:
        """What came after `earlier`, an older state of this record."""
        step: Self = self.__copy__()  # type: ignore[attr-defined]  # msgspec's
        by_use = _by_use(type(self))
        for name in by_use.counts:
            if before := getattr(earlier, name):
                setattr(step, name, getattr(self, name) - before)
        for name in by_use.parts:
            setattr(step, name, _difference(getattr(self, name), getattr(earlier, name)))
        for name in by_use.states:
            setattr(step, name, copied(getattr(self, name)))
        for name in self.WHOLE:
            setattr(step, name, type(getattr(self, name))())
        return step

    def copy(self) -> Self:
        """Most fields are numbers, which msgspec copies."""
        twin: Self = self.__copy__()  # type: ignore[attr-defined]  # msgspec's
        for name in parts_of(type(self)):
            setattr(twin, name, copied(getattr(self, name)))
        return twin


@cache
def parts_of(kind: type[Record]) -> tuple[str, ...]:
    """The fields that are records or dicts: each new one of the kind has its own."""
    return tuple(f.name for f in fields(kind) if f.default_factory is not msgspec.NODEFAULT)


class _ByUse(NamedTuple):
    """Fields of a kind, as `since` needs them; `states` are only those that are parts."""

    counts: tuple[str, ...]
    parts: tuple[str, ...]
    states: tuple[str, ...]


@cache
def _by_use(kind: type[Record]) -> _ByUse:
    counted = [f for f in kind.__struct_fields__ if f not in kind.STATES | kind.WHOLE]
    parts = parts_of(kind)
    return _ByUse(
        counts=tuple(name for name in counted if name not in parts),
        parts=tuple(name for name in counted if name in parts),
        states=tuple(name for name in parts if name in kind.STATES - kind.WHOLE),
    )


def copied(value: Any) -> Any:
    if isinstance(value, Record):
        return value.copy()
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return value


def _merge_dicts(ours: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    for key, value in theirs.items():
        if key not in ours:
            ours[key] = copied(value)
        elif isinstance(value, Record):
            ours[key].merge(value)
        else:
            ours[key] += value


def _difference(newer: Any, older: Any) -> Any:
    if isinstance(newer, Record):
        return newer.since(older)
    if not isinstance(newer, dict):
        return newer - older
    return {
        key: _difference(value, older[key]) if key in older else copied(value)
        for key, value in newer.items()
    }
