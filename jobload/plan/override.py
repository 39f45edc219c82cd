"""`--set key=value`: changes a field of every scenario that runs, checked like the file."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from jobload.plan.document import Document
from jobload.plan.plan_file import checked_scenario
from jobload.plan.problem import PlanError, Problem, key_text, option_problem
from jobload.plan.scenario import Scenario
from jobload.plan.yaml_document import read_document

_KEY = re.compile(r"[^\s=.]+(\.[^\s=.]+)*")
_FIXED = ("name", "shape")


@dataclass(frozen=True, slots=True)
class Override:
    option: str
    """As written, for messages; without the value where that may be a secret."""
    path: tuple[str, ...]
    value: Any


def parse_override(text: str, problems: list[Problem]) -> Override | None:
    key, equals, value = text.partition("=")
    path = tuple(key.strip().split("."))
    option = _without_secret(text) if path[0] == "headers" else f"--set {text}"
    if not equals or not _KEY.fullmatch(key.strip()):
        message = "expected key=value, as in duration=10s or baseline.users=5"
        problems.append(option_problem(option, message))
        return None
    if path[0] in _FIXED:
        problems.append(option_problem(option, f"the {path[0]} of a scenario can't be changed"))
        return None
    try:
        document = read_document(option, value)
        document.raise_problems()
    except PlanError as error:
        problems.extend(option_problem(option, each.message) for each in error.errors)
        return None
    return Override(option, path, document.data)


def changed_by(overrides: Sequence[str]) -> list[str]:
    """The fields that they touch."""
    return [re.split(r"[.=]", text)[0].strip() for text in overrides]


def _without_secret(text: str) -> str:
    key, equals, _ = text.partition("=")
    return f"--set {key}=…" if equals else "--set headers…"


def apply_overrides(
    scenario: Scenario,
    overrides: Sequence[Override],
    known_users: Collection[str] | None,
    problems: list[Problem],
) -> Scenario:
    """The scenario as changed, or as it was when there are problems."""
    body = scenario.dump()
    body.pop("name")
    document = Document("--set", body)
    for override in overrides:
        _put(document, (scenario.name,), body, override)
    changed = None
    if not document.problems:
        said = [each.path[0] for each in overrides]
        path = (scenario.name,)
        changed = checked_scenario(document, path, body, said, known_users=known_users)
    problems.extend(_attributed(problem, overrides) for problem in document.problems)
    return changed or scenario


def _put(
    document: Document, path: tuple[str, ...], body: dict[str, Any], override: Override
) -> None:
    *way, last = override.path
    for part in way:
        if body.get(part) is None:
            body[part] = {}
        path = (*path, part)
        if not isinstance(body[part], dict):
            document.add((*path, last), f"{part} has no keys of its own")
            return
        body = body[part]
    body[last] = override.value


def _attributed(problem: Problem, overrides: Sequence[Override]) -> Problem:
    """The problem laid at the door of the options that touch its key, else of all of them."""
    _, _, key = problem.key.partition(".")
    guilty = [override for override in overrides if _touches(key_text(override.path), key)]
    options = dict.fromkeys(override.option for override in guilty or overrides)
    return option_problem(" ".join(options), problem.message, key=problem.key)


def _touches(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return bool(short) and re.match(re.escape(short) + r"([.\[]|$)", long) is not None
