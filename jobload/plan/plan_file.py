"""Loads scenarios.yaml: every scenario and suite checked, every problem named."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from jobload.plan.defaults import put_defaults
from jobload.plan.document import Document
from jobload.plan.explain import fit, keys_of
from jobload.plan.field_types import NAME
from jobload.plan.flow.data import check_places
from jobload.plan.flow.flow_check import check_flows, known_columns
from jobload.plan.observe import Observe
from jobload.plan.problem import Path, did_you_mean, shown
from jobload.plan.scenario import SHAPES, Scenario
from jobload.plan.scenario_fields import Ready
from jobload.plan.strict_model import StrictModel
from jobload.plan.yaml_document import read_document

ADHOC = "adhoc"
KEYS = ("defaults", "scenarios", "suites", "ready", "observe")
MISLEADING = ("retries", "payload", "operation_timeout")
"""Fields from which another load or verdict is expected, where a scenario says them for itself and
they say nothing. Others are no mistake (`flow/unused.py`)."""


class _OfAll(StrictModel):
    ready: Ready = None
    """Of all scenarios that name none of their own."""
    observe: Observe | None = None
    """Of the whole run: what is observed is the target, not a scenario."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    scenarios: dict[str, Scenario]
    """Those of the file, and `adhoc`, which needs no place in it."""
    suites: dict[str, list[str]]
    said: dict[str, list[str]]
    """The fields that each scenario has of its own, and not from the defaults."""
    observe: Observe | None = None


def load_plan_file(
    path: str | FilePath,
    text: str | None = None,
    *,
    known_users: Collection[str] | None = None,
    default_mix: Mapping[str, int | float] | None = None,
) -> PlanFile:
    """PlanError with every problem; `known_users` are the user classes a users_mix may name,
    `default_mix` is what scenarios have that give none."""
    document = read_document(path, text)
    top = document.mapping((), document.data, known=KEYS)
    if not document.is_refused(()) and "scenarios" not in top:
        document.add((), "scenarios is missing")
    named = dict(_named(document, top.get("scenarios", {})))
    bodies = {name: body for name, body in named.items() if isinstance(body, dict)}
    said = {name: [*body] for name, body in bodies.items()}
    put_defaults(document, top.get("defaults", {}), bodies)
    folder = FilePath(path).parent
    check = partial(
        checked_scenario, folder=folder, known_users=known_users, default_mix=default_mix
    )
    checked = {
        name: check(document, ("scenarios", name), body, said.get(name, ()))
        for name, body in named.items()
    }
    suites = _suites(document, top.get("suites", {}), [*named])
    said_of_all = {key: top[key] for key in keys_of(_OfAll) if key in top}
    of_all = fit(document, (), _OfAll, said_of_all) or _OfAll()
    document.raise_problems()
    if ADHOC not in checked:
        checked[ADHOC] = _adhoc(top.get("defaults", {}), check)
    beside = {name: each.beside(folder) for name, each in checked.items() if each is not None}
    asked = {
        name: each if each.ready else each.model_copy(update={"ready": of_all.ready})
        for name, each in beside.items()
    }
    return PlanFile(asked, suites, said, of_all.beside(folder).observe)


def _adhoc(defaults: Mapping[str, Any], check: Callable[..., Scenario | None]) -> Scenario | None:
    """With the defaults of fields that all shapes have; none where they can't be by themselves."""
    body = {key: value for key, value in defaults.items() if key in keys_of(Scenario)}
    document = Document(ADHOC)
    adhoc = check(document, (ADHOC,), {"shape": ADHOC} | body, ())
    return None if document.problems else adhoc


def checked_scenario(
    document: Document,
    path: Path,
    body: Any,
    said: Collection[str],
    folder: FilePath | None = None,
    known_users: Collection[str] | None = None,
    default_mix: Mapping[str, int | float] | None = None,
) -> Scenario | None:
    """`said` are the fields that it has of its own. Without a `folder`, which is that of its file,
    it comes from the command line, which may name any file."""
    scenario = _fitted(document, path, body)
    if isinstance(body, dict):
        check_flows(document, path, body, known_columns(body, folder or FilePath()))
    if scenario is None:
        return None
    scenario = _with_mix(scenario, default_mix)
    _check_users(document, path, scenario, known_users)
    for key, sentence in scenario.idle():
        if key in said and key in MISLEADING:
            document.add((*path, key), sentence)
    if folder is not None:
        check_places(document, (*path, "data"), scenario.data, folder)
    return scenario


def _with_mix(scenario: Scenario, mix: Mapping[str, int | float] | None) -> Scenario:
    if not mix or "users_mix" in scenario.model_fields_set:
        return scenario
    return scenario.model_copy(update={"users_mix": dict(mix)})


def _fitted(document: Document, path: Path, value: Any) -> Scenario | None:
    body = document.mapping(path, value)
    if document.is_refused(path):
        return None
    shape = body.get("shape")
    if shape is None:
        if "shape" not in body:
            document.add(path, f"shape is missing; expected {', '.join(SHAPES)}", at_key=True)
        return None
    if not isinstance(shape, str) or shape not in SHAPES:
        message = f"{shown(shape)} is no shape; {did_you_mean(str(shape), SHAPES)}"
        document.add((*path, "shape"), message)
        return None
    return fit(document, path, SHAPES[shape], body, name=path[-1])


def _check_users(
    document: Document, path: Path, scenario: Scenario, known_users: Collection[str] | None
) -> None:
    if known_users is None:
        return
    for user in scenario.users_mix:
        if user not in known_users:
            message = f"no user class is called {shown(user)}; {did_you_mean(user, known_users)}"
            document.add((*path, "users_mix", user), message, at_key=True)


def _named(document: Document, value: Any) -> Iterator[tuple[str, Any]]:
    path: Path = ("scenarios",)
    bodies = document.mapping(path, value)
    if not bodies and not document.problems:
        document.add(path, "needs at least one scenario")
    for name, body in bodies.items():
        _check_name(document, (*path, name), name)
        if name == ADHOC and isinstance(body, dict) and body.get("shape") != ADHOC:
            message = f"a scenario called {ADHOC} must have the shape {ADHOC}"
            document.add((*path, ADHOC), message, at_key=True)
        yield name, body


def _suites(document: Document, value: Any, known: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, entries in document.mapping(("suites",), value).items():
        path: Path = ("suites", name)
        _check_name(document, path, name)
        found[name] = _suite(document, path, entries, known)
    return found


def _suite(document: Document, path: Path, entries: Any, known: Collection[str]) -> list[str]:
    if document.is_refused(path):
        return []
    if not isinstance(entries, list) or not entries:
        given = "an empty one" if entries == [] else shown(entries)
        document.add(path, f"expected a list of scenarios, as in [light, spike], not {given}")
        return []
    for index, entry in enumerate(entries):
        if entry not in known and not document.is_refused((*path, index)):
            message = f"no scenario is called {shown(entry)}; {did_you_mean(str(entry), known)}"
            document.add((*path, index), message)
    return entries


def _check_name(document: Document, path: Path, name: str) -> None:
    if not NAME.fullmatch(name):
        message = "expected a name of at most 64 lower-case letters, digits, - and _"
        if NAME.fullmatch(name.strip().lower()):
            message += f"; did you mean {name.strip().lower()}?"
        document.add(path, message, at_key=True)
