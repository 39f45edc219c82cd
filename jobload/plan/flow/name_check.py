"""What is wrong with the names that a text uses, with its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobload.plan.document import Document
from jobload.plan.flow.step import is_whole_target
from jobload.plan.flow.template import (
    EXAMPLES,
    Call,
    Expression,
    Name,
    Template,
    is_name,
    template,
)
from jobload.plan.problem import Path, did_you_mean, shown
from jobload.plan.request import check_endpoint, placeholder_in

Columns = Mapping[str, Collection[str] | None]
"""By the name of a source of rows; None: it can't be read, so nothing is known of it."""
STAND_IN = "x"


@dataclass
class Known:
    columns: Columns
    names: list[str] = field(default_factory=list)


@dataclass
class Place:
    """A value in the document, and the names that texts in it may use. `later` are captures made
    after it, by name with their step, and `after` the variables that do not stand before it."""

    document: Document
    path: Path
    known: Known
    later: Mapping[str, str]
    after: Collection[str] = ()

    def at(self, *more: str | int) -> Place:
        return replace(self, path=(*self.path, *more))

    def check_value(self, value: Any) -> None:
        if isinstance(value, str):
            self.check_text(value)
        elif isinstance(value, dict):
            for key, each in value.items():
                if "{{" in str(key) or "${" in str(key):
                    message = "a key can hold no {{ }} or ${ }; only values are filled in"
                    self.document.add((*self.path, key), message, at_key=True)
                self.at(key).check_value(each)
        elif isinstance(value, list):
            for index, each in enumerate(value):
                self.at(index).check_value(each)

    def check_values_of(self, conditions: dict[str, Any]) -> None:
        """Their keys are JSONPaths, and what {matches: …} holds is a pattern."""
        for key, wanted in conditions.items():
            if not isinstance(wanted, dict):
                self.at(key).check_value(wanted)

    def check_text(self, text: str) -> Template | None:
        try:
            parsed = template(text)
        except ValueError as error:
            self.add(str(error))
            return None
        for part in parsed.expressions:
            if sentence := self._unknown(part):
                self.add(sentence)
        return parsed

    def check_path(self, text: str) -> None:
        parsed = self.check_text(text)
        if parsed is None:
            return
        probe = parsed.with_each(STAND_IN)
        first = parsed.parts[0] if is_whole_target(parsed) else None
        if isinstance(first, Call) and first.function != "choice":
            self.add(f"{{{{ {first.function} }}}} gives no address; write {shown('/' + text)}")
        if first is not None:
            probe = "/" + probe
        if (found := placeholder_in(probe)) is not None:
            name = found.strip("{}<> ")
            meant = f"{{{{ {name} }}}} for a value, or " if is_name(name) else ""
            self.add(
                f"{found} would be sent as it stands; write {meant}%7B and %7D where {{ and }} are"
                " meant"
            )
            return
        try:
            check_endpoint(probe)
        except ValueError as error:
            self.add(str(error).replace(shown(probe), shown(text)))

    def add(self, sentence: str) -> None:
        self.document.add(self.path, sentence)

    def _unknown(self, part: Expression) -> str | None:
        if not isinstance(part, Name):
            return None
        if part.source is not None:
            return self._unknown_column(part, part.source)
        if part.text in self.known.names:
            return None
        if part.text in self.later:
            return (
                f"{part.text} is captured only in step {self.later[part.text]}; a step can use what"
                " steps before it have captured"
            )
        if part.text in self.after:
            return f"{part.text} is a variable written after it; a variable can use those before it"
        if part.text in self.known.columns:
            return f"{part.text} is a source of rows; name a column of it, as in {part.text}.id"
        names = [*self.known.names, *self.known.columns, *EXAMPLES]
        return f"nothing is called {part.text}; {did_you_mean(part.text, names)}"

    def _unknown_column(self, part: Name, source: str) -> str | None:
        if source in self.known.names:
            return (
                f"{source} is one value, not a source of rows; capture the part that is needed, as"
                f" in $.{source}.{part.column}"
            )
        if source not in self.known.columns:
            known = list(self.known.columns)
            hint = did_you_mean(source, known) if known else "the scenario has no data"
            return f"no source of rows is called {source}; {hint}"
        columns = self.known.columns[source]
        if columns is None or part.column in columns:
            return None
        return f"{source} has no column {part.column}; {did_you_mean(part.column, columns)}"
