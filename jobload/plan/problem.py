"""What is wrong with a plan: where, and what was expected. All of it at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]

_SHORT_LIST = 8
_LONGEST_KEY = 120


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    """A file, or the option of the command line, such as `--set duration=abc`."""
    line: int | None
    column: int | None
    key: str
    message: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}:{self.column}"
        return ": ".join(part for part in (place, self.key, self.message) if part)


class PlanError(Exception):
    """Every problem found; the run must not begin."""

    def __init__(self, errors: Iterable[Problem]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


@contextmanager
def collected(problems: list[Problem]) -> Iterator[None]:
    """What is wrong within the block is added, and what comes after it is checked as well."""
    try:
        yield
    except PlanError as error:
        problems.extend(error.errors)


def option_problem(option: str, message: str, key: str = "") -> Problem:
    return Problem(option, None, None, key, message)


def key_text(path: Path) -> str:
    """`("scenarios", "stress", "users", 2)` as `scenarios.stress.users[2]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{_printable(part)}"
    return text.removeprefix(".")


def _printable(key: str) -> str:
    """A terminal obeys what it is sent, and half a character can't be sent at all."""
    key = key if len(key) <= _LONGEST_KEY else key[: _LONGEST_KEY - 1] + "…"
    return key if key.isprintable() else repr(key)[1:-1]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about a word that is not known: the nearest one, or all there are."""
    names = list(known)
    folded = {name.lower(): name for name in names}
    close = get_close_matches(word.lower(), folded, n=1, cutoff=0.7)
    if not close:
        return f"expected {listing(names)}"
    guess = f"did you mean {folded[close[0]]}?"
    return guess if len(names) > _SHORT_LIST else f"expected {listing(names)}; {guess}"


def listing(names: Sequence[str]) -> str:
    *most, last = names or ["nothing"]
    return f"{', '.join(most)} or {last}" if most else last


def shown(value: object) -> str:
    """A value as the file's author knows it, cut to a readable length."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "…")
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
    return str(value)[:60]
