"""What the docstrings below the fields say, put into the models for those who make schemas of them.

pydantic can do so by itself (`use_attribute_docstrings`), but does it whenever a model is imported:
50 ms for each process that makes load or leads a run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from inspect import cleandoc, getsource
from itertools import pairwise

from jobload.plan.strict_model import StrictModel

DEEPEST = 4
"""A scenario has flows, they have steps, those have polls: what is built of a part goes into what
is built of the whole."""


def describe_fields() -> None:
    """Of all models that are imported by now."""
    models = [*_below(StrictModel)]
    found = [_describe(model) for model in models]
    if any(found):
        for _ in range(DEEPEST):
            for model in models:
                model.model_rebuild(force=True)


def _describe(model: type[StrictModel]) -> bool:
    """False: it was already."""
    before = [field.description for field in model.model_fields.values()]
    for ancestor in model.__mro__:
        for name, text in _docstrings(ancestor) if issubclass(ancestor, StrictModel) else ():
            if (field := model.model_fields.get(name)) is not None:
                field.description = field.description or text
    return before != [field.description for field in model.model_fields.values()]


def _below(model: type[StrictModel]) -> Iterator[type[StrictModel]]:
    for own in model.__subclasses__():
        yield own
        yield from _below(own)


@cache
def _docstrings(model: type[StrictModel]) -> list[tuple[str, str]]:
    (body,) = (each.body for each in ast.parse(getsource(model)).body if hasattr(each, "body"))
    return [*_below_fields(body)]


def _below_fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, cleandoc(text)
