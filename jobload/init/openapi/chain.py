"""What must be sent before an operation, so that the ids in its path are known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jobload.init.loose_data import listed
from jobload.init.openapi.api_operation import Operation, Parameter, examples_of
from jobload.init.openapi.openapi_document import OpenApi
from jobload.init.openapi.produced_id import Source, path_before, source_of
from jobload.init.template_text import encoded, filled_in, literal
from jobload.init.value_name import value_name

_MOST_PRODUCERS = 6
_ID = re.compile(r"(^|[_-])(id|uuid|guid)$|[a-z](Id|ID|Uuid|UUID|Guid)$", re.ASCII)


@dataclass(slots=True)
class Chain:
    """The operation, the ones before it in order, and what stands for each placeholder."""

    operation: Operation
    before: list[Operation] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    """Placeholders that no operation gives a value for."""


class Chains:
    """`captures` are of each producer, by its title: the name of a value and where it is found."""

    def __init__(self, document: OpenApi, operations: list[Operation]) -> None:
        self._document = document
        self._operations = operations
        self.captures: dict[str, dict[str, str]] = {}

    def of(self, operation: Operation, depth: int = 0) -> Chain:
        chain = Chain(operation)
        by_name = {each.name: each for each in operation.of("path")}
        for name in operation.path_names:
            if (fixed := _fixed_value(self._document, by_name.get(name))) is not None:
                chain.known[name] = fixed
                continue
            source = source_of(self._document, self._operations, operation, name)
            before = self._before(source, operation, depth)
            if source is None or before is None:
                chain.unknown.append(name)
                continue
            chain.before += [each for each in before if each not in chain.before]
            chain.known[name] = filled_in(self._captured(source, operation, name))
        return chain

    def _before(
        self, source: Source | None, consumer: Operation, depth: int
    ) -> list[Operation] | None:
        """None if the producer itself needs what nobody gives."""
        if source is None or source.producer is consumer or depth > _MOST_PRODUCERS:
            return None
        producer = self.of(source.producer, depth + 1)
        return None if producer.unknown else [*producer.before, source.producer]

    def _captured(self, source: Source, consumer: Operation, name: str) -> str:
        found = self.captures.setdefault(source.producer.title, {})
        for known, where in found.items():
            if where == source.capture:
                return known
        taken = {each for captures in self.captures.values() for each in captures}
        captured = value_name(_called(consumer, name), taken)
        found[captured] = source.capture
        return captured


def _called(operation: Operation, name: str) -> str:
    """`{id}` in /jobs/{id} as job_id."""
    if name.lower() not in ("id", "uuid", "key", "name"):
        return name
    thing = re.sub(r"s$", "", path_before(operation.bare_path, name).rpartition("/")[2])
    return f"{thing}_{name}" if thing and "}" not in thing else name


def is_id(name: str) -> bool:
    """Of one thing among many, which must be there."""
    return bool(_ID.search(name))


def _fixed_value(document: OpenApi, parameter: Parameter | None) -> str | None:
    """The only one, the one that is meant when none is said, or an example of what is no id."""
    if parameter is None:
        return None
    schema = parameter.schema
    given = [schema.get("const"), schema.get("default"), *listed(schema.get("enum"))]
    if not is_id(parameter.name):
        given += [*examples_of(document, parameter.data), schema.get("example")]
    return next((encoded(literal(value)) for value in given if value is not None), None)
