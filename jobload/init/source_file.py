"""Reads the file that a draft is made from, JSON or YAML, and says in a sentence what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from jobload.init.loose_data import on_one_line
from jobload.plan.problem import PlanError, Problem

MIB = 1024 * 1024
LARGEST_JSON_BYTES = 64 * MIB
LARGEST_YAML_BYTES = 4 * MIB
"""ruamel.yaml reads 200 KiB a second."""
_DEEPEST = 200
_MOST_VALUES = 2_000_000
"""Aliases of YAML can mean far more than they take to write."""


class _DatesAsText(SafeConstructor):
    pass


_DatesAsText.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read_json(path: str) -> Any:
    return _plain(path, _json(path, _read(path)))


def read_json_or_yaml(path: str) -> Any:
    text = _read(path)
    named_yaml = Path(path).suffix.lower() in (".yaml", ".yml")
    is_json = text.lstrip()[:1] == "{" and not named_yaml
    return _plain(path, _json(path, text) if is_json else _yaml(path, text))


def refuse(path: str, message: str, line: int | None = None, column: int | None = None) -> NoReturn:
    raise PlanError([Problem(path, line, column, "", on_one_line(message))]) from None


def _read(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_JSON_BYTES + 1)
    except OSError as error:
        refuse(path, f"can't be read: {error.strerror}")
    if len(raw) > LARGEST_JSON_BYTES:
        refuse(path, f"is larger than {LARGEST_JSON_BYTES // MIB} MiB; {_SMALLER}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(path, f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8")
    if not text.strip():
        refuse(path, "is empty")
    return text


_SMALLER = "cut out of it what is to be loaded, and take that"


def _json(path: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        refuse(path, f"is not JSON here: {error.msg.split(': line')[0]}", error.lineno, error.colno)


def _yaml(path: str, text: str) -> Any:
    if len(text.encode()) > LARGEST_YAML_BYTES:
        refuse(path, f"is YAML of more than {LARGEST_YAML_BYTES // MIB} MiB; convert it to JSON")
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _DatesAsText
    try:
        return reader.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (None, None)
        refuse(path, f"is neither JSON nor YAML here: {error.problem or error.context}", *place)
    except (YAMLError, ValueError) as error:
        refuse(path, f"is neither JSON nor YAML: {str(error).splitlines()[0]}")
    except RecursionError:
        refuse(path, "is nested too deeply")


def _plain(path: str, data: Any) -> Any:
    """The same as mappings with keys of text, lists and scalars, without shared parts."""
    left = _MOST_VALUES

    def copied(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if depth > _DEEPEST:
            refuse(path, f"is nested deeper than {_DEEPEST} levels")
        if left < 0:
            refuse(path, f"holds more than {_MOST_VALUES:,} values; {_SMALLER}")
        if isinstance(value, dict):
            return {_key(key): copied(each, depth + 1) for key, each in value.items()}
        if isinstance(value, list | tuple | set):
            return [copied(each, depth + 1) for each in value]
        return value if isinstance(value, str | int | float | None) else str(value)

    return copied(data, 0)


def _key(key: Any) -> str:
    """`200:` of YAML is a number, and `true:` no text either."""
    return str(key).lower() if isinstance(key, bool) else str(key)
