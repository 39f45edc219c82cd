"""Checks data against a model and says in plain words, at the right place, what does not fit."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from jobload.plan.document import Document
from jobload.plan.problem import Path, did_you_mean, listing, shown
from jobload.plan.strict_model import StrictModel

_Model = TypeVar("_Model", bound=StrictModel)

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "bool_type": "true or false",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "list_type": "a list, as in [a, b]",
    "tuple_type": "a list, as in [a, b]",
    "string_pattern_mismatch": "a name of lower-case letters, digits, - and _",
}
_OF_NUMBERS = ("status", "users")
"""Keys whose lists hold numbers; those of others would be as wrong with one."""
_LIMIT = {
    "greater_than": ("gt", "must be more than"),
    "greater_than_equal": ("ge", "must be at least"),
    "less_than": ("lt", "must be less than"),
    "less_than_equal": ("le", "must be at most"),
}


def fit(
    document: Document, path: Path, model: type[_Model], data: dict[str, Any], **more: Any
) -> _Model | None:
    """The model filled with the data at `path`; None and problems in the document if it can't be.

    `more` are fields that the author of the document doesn't write.
    """
    unwanted = [key for key in more if key in data]
    for key in unwanted:
        document.add((*path, key), _unknown(model, key, more), at_key=True)
    try:
        fitted = model.model_validate({**data, **more})
    except ValidationError as error:
        _report(document, path, model, error, data, tuple(more))
        return None
    return None if unwanted else fitted


def _report(
    document: Document,
    path: Path,
    model: type[StrictModel],
    error: ValidationError,
    data: dict[str, Any],
    hidden: tuple[str, ...],
) -> None:
    details = error.errors(include_url=False)
    written = [_as_written(detail, data) for detail in details]
    places = [(*path, *each) for each in written]
    for place, detail in zip(places, details, strict=True):
        if detail["loc"][:1] and detail["loc"][0] in hidden:
            continue
        if document.is_refused(place) or _follows_from_others(place, detail, places):
            continue
        if detail["type"] in _EXPECTED and len(place) - len(path) < len(_plain(detail["loc"])):
            if not any(_is_inside(other, place) for other in places):
                kinds = [d["type"] for d, at in zip(details, places, strict=True) if at == place]
                document.refuse(place, _none_of(kinds, detail))
        elif detail["type"] == "extra_forbidden":
            owner = _model_at(model, place[len(path) : -1])
            document.add(
                place,
                _unknown(owner, str(place[-1]), hidden if owner is model else ()),
                at_key=True,
            )
        elif detail["loc"][-1:] == ("[key]",):
            document.add(place, _sentence(detail, secret=False), at_key=True)
        else:
            document.add(place, _sentence(detail, secret="headers" in detail["loc"]))


def _as_written(detail: ErrorDetails, data: Any) -> Path:
    """Without what pydantic has put in: brackets, and the names of the types that a value may be
    of."""
    loc = _plain(detail["loc"])
    place: list[str | int] = []
    for index, part in enumerate(loc):
        parts = dict(enumerate(data)) if isinstance(data, list) else data
        if isinstance(parts, dict) and part in parts:
            data = parts[part]
        elif index + 1 < len(loc) or detail["type"] != "missing":
            continue
        place.append(part)
    return tuple(place)


def _plain(loc: tuple[str | int, ...]) -> Path:
    return tuple(part for part in loc if isinstance(part, int) or not part.startswith("["))


def _is_inside(place: Path, other: Path) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def _none_of(kinds: Sequence[str], detail: ErrorDetails) -> str:
    """Of a value that may be of several types."""
    expected = dict.fromkeys(_EXPECTED[kind] for kind in kinds if kind in _EXPECTED)
    remedy = max(_remedy(kind, detail) for kind in kinds)
    return f"expected {listing([*expected])}, not {shown(detail['input'])}{remedy}"


def _follows_from_others(place: Path, detail: ErrorDetails, places: list[Path]) -> bool:
    """pydantic counts only valid entries, so a list with a wrong one may also be "too short"."""
    return detail["type"] == "too_short" and any(_is_inside(other, place) for other in places)


def _sentence(detail: ErrorDetails, *, secret: bool) -> str:
    kind, ctx = detail["type"], detail.get("ctx", {})
    but = "" if secret else f", not {shown(detail['input'])}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}{but}{_remedy(kind, detail)}"
    if kind in _LIMIT:
        key, words = _LIMIT[kind]
        return f"{words} {ctx[key]:,.0f}{but}"
    if kind == "literal_error":
        return _choice(detail)
    match kind:
        case "missing":
            return "is missing"
        case "too_short":
            return "needs at least one entry"
        case "too_long":
            return f"has more than {ctx['max_length']} entries"
        case "string_too_long":
            return f"is longer than {ctx['max_length']} characters"
        case "string_too_short":
            return "is empty"
        case "value_error":
            return str(ctx["error"])
    return detail["msg"]


def _remedy(kind: str, detail: ErrorDetails) -> str:
    value = detail["input"]
    if kind in ("int_type", "float_type") and isinstance(value, str) and _is_number(value):
        return "; take off the quotes"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "; put it in quotes"
    if kind == "tuple_type" and detail["loc"][-1] in _OF_NUMBERS and type(value) is int:
        return f"; write [{value}]"
    return ""


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal() and not text.startswith("0")


def _choice(detail: ErrorDetails) -> str:
    choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
    return f"{shown(detail['input'])} is no choice; {did_you_mean(str(detail['input']), choices)}"


def _unknown(model: type[StrictModel] | None, key: str, hidden: Any) -> str:
    if model is None:
        return "unknown key"
    known = [name for name in keys_of(model) if name not in hidden]
    return f"unknown key; {did_you_mean(key, known)}"


def keys_of(model: type[StrictModel]) -> list[str]:
    """The keys of a model as they are written in a file."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_at(model: type[StrictModel], path: tuple[str | int, ...]) -> type[StrictModel] | None:
    is_name = False
    for part in path:
        if isinstance(part, int) or is_name:
            is_name = False
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        inner = _part_in(fields[part].annotation) if part in fields else None
        if inner is None:
            return None
        is_name = _is_mapping(fields[part].annotation)
        model = inner
    return model


def _is_mapping(annotation: Any) -> bool:
    """Of parts, by names that the document's author gives."""
    return get_origin(annotation) is dict or any(map(_is_mapping, get_args(annotation)))


def _part_in(annotation: Any) -> type[StrictModel] | None:
    """The model inside of `Model | None`, `tuple[Model, ...]` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, StrictModel):
        return annotation
    return next(filter(None, map(_part_in, get_args(annotation))), None)
