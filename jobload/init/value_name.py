"""What captured values, variables, scenarios and steps are called."""

from __future__ import annotations

import re
from collections.abc import Collection

from jobload.init.loose_data import on_one_line
from jobload.plan.flow.template import EXAMPLES

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def value_name(text: str, taken: Collection[str] = ()) -> str:
    """`jobId` as job_id, and as job_id_2 where that is taken."""
    name = snake_case(text) or "value"
    if name in EXAMPLES or name[0].isdigit():
        name = f"the_{name}"
    return numbered(name, taken, "_")


def snake_case(text: str) -> str:
    """`apiKey` as api_key."""
    words = _BETWEEN_WORDS.sub("_", text)
    return re.sub(r"[^A-Za-z0-9]+", "_", words, flags=re.ASCII).strip("_").lower()


def variable_name(text: str) -> str:
    """Of the environment: `apiKey` as API_KEY."""
    name = snake_case(text).upper() or "SECRET"
    return f"API_{name}" if name[0].isdigit() or name.startswith("JOBLOAD_") else name


def slug(text: str, taken: Collection[str] = ()) -> str:
    """A name for a scenario or flow: lower-case letters, digits and -."""
    words = _BETWEEN_WORDS.sub("-", text)
    name = re.sub(r"[^a-z0-9_]+", "-", words.lower(), flags=re.ASCII).strip("-_")[:60]
    return numbered(name.strip("-") or "api", taken, "-")


def numbered(name: str, taken: Collection[str], joint: str) -> str:
    number, numbered_name = 1, name
    while numbered_name in taken:
        number += 1
        numbered_name = f"{name}{joint}{number}"
    return numbered_name


def step_name(text: str, taken: Collection[str] = ()) -> str:
    """Printable, on one line, and short enough for a table."""
    return numbered(on_one_line(text)[:100].strip() or "request", taken, " ")
