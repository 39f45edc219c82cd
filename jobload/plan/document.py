"""A document with the place of each of its keys and values, and what is wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from jobload.plan.problem import Path, PlanError, Problem, did_you_mean, key_text, shown

Position = tuple[int, int]


@dataclass
class Document:
    file: str
    data: Any = None
    problems: list[Problem] = field(default_factory=list)
    values: dict[Path, Position] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)
    refused: set[Path] = field(default_factory=set)
    """Where a value was refused already, so that nothing more need be said about it."""

    def add(self, path: Path, message: str, *, at_key: bool = False) -> None:
        line, column = self.position(path, at_key=at_key)
        self.problems.append(Problem(self.file, line, column, key_text(path), message))

    def refuse(self, path: Path, message: str, *, at_key: bool = False) -> None:
        self.refused.add(path)
        self.add(path, message, at_key=at_key)

    def position(self, path: Path, *, at_key: bool) -> Position:
        """Of the key or value at this path, or of the nearest thing around it."""
        first, second = (self.keys, self.values) if at_key else (self.values, self.keys)
        while path:
            if found := first.get(path) or second.get(path):
                return found
            path = path[:-1]
            first, second = self.keys, self.values
        return (1, 1)

    def stand_for(self, place: Path, other: Path) -> None:
        """What is said of `other`, which was not written, is said where `place` was."""
        for places in (self.values, self.keys):
            for path in [path for path in places if path[: len(place)] == place]:
                places[(*other, *path[len(place) :])] = places[path]
        self.refused |= {
            (*other, *path[len(place) :]) for path in self.refused if path[: len(place)] == place
        }

    def is_refused(self, path: Path) -> bool:
        return any(path[:length] in self.refused for length in range(len(path) + 1))

    def mapping(self, path: Path, value: Any, known: tuple[str, ...] = ()) -> dict[str, Any]:
        """The value if it is a mapping, else an empty one and a problem."""
        if not isinstance(value, dict):
            if not self.is_refused(path):
                self.refuse(path, f"expected a mapping (key: value), not {shown(value)}")
            return {}
        for key in value if known else ():
            if key not in known:
                self.add((*path, key), f"unknown key; {did_you_mean(key, known)}", at_key=True)
        return value

    def raise_problems(self) -> None:
        if self.problems:
            ordered = sorted(self.problems, key=lambda p: (p.line or 0, p.column or 0))
            raise PlanError(_once(ordered))


def _once(problems: list[Problem]) -> list[Problem]:
    """What several scenarios have from one place is said once."""
    first = {(p.line, p.column, p.message): p for p in reversed(problems)}
    return [p for p in problems if first[p.line, p.column, p.message] is p]
