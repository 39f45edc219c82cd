"""Loads scenarios.yaml: every scenario and suite checked, every problem named."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from jobload.plan.defaults import put_defaults
from jobload.plan.document import Document
from jobload.plan.explain import fit, keys_of
from jobload.plan.field_types import NAME
from jobload.plan.flow.data_place import check_places
from jobload.plan.flow.flow_check import check_flows, known_columns
from jobload.plan.observe import Observe
from jobload.plan.problem import Path, PlanError, Problem, did_you_mean, shown
from jobload.plan.request import check_endpoint
from jobload.plan.scenario import SHAPES, Scenario
from jobload.plan.shapes.adhoc import Adhoc
from jobload.plan.yaml_document import read_document

__all__ = ["PlanError", "PlanFile", "Problem", "load_plan_file"]

ADHOC = "adhoc"
_NO_CLIENT = (
    "there is no choice of clients any more; leave it out. What needs redirects, cookies or gzip"
    " is a FastHttpUser, as any locustfile has it: jobload run -f FILE measures and judges it"
)
KEYS = ("defaults", "scenarios", "suites", "ready", "observe")
MISLEADING = ("retries", "payload", "operation_timeout")
"""Fields of which a scenario may have some from the defaults and others of its own."""


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
    bodies = _bodies(top)
    said = {name: [*body] for name, body in bodies.items()}
    put_defaults(document, top.get("defaults", {}), bodies)
    folder = FilePath(path).parent
    scenarios = _scenarios(document, top.get("scenarios", {}), folder)
    suites = _suites(document, top.get("suites", {}), top.get("scenarios", {}))
    ready = _ready(document, top.get("ready"))
    observe = _observe(document, top, folder)
    scenarios = {name: _with_mix(scenario, default_mix) for name, scenario in scenarios.items()}
    for name, scenario in scenarios.items():
        check_users(document, ("scenarios", name), scenario, known_users)
        check_idle(document, ("scenarios", name), scenario, said[name])
        check_places(document, ("scenarios", name, "data"), scenario.data, folder)
    document.raise_problems()
    if ADHOC not in scenarios:
        scenarios |= _adhoc(top.get("defaults", {}), folder, known_users, default_mix)
    beside = {name: scenario.beside(folder) for name, scenario in scenarios.items()}
    asked = {
        name: each if each.ready else each.model_copy(update={"ready": ready})
        for name, each in beside.items()
    }
    return PlanFile(asked, suites, said, observe)


def _adhoc(
    defaults: Mapping[str, Any],
    folder: FilePath,
    known_users: Collection[str] | None,
    default_mix: Mapping[str, int | float] | None,
) -> dict[str, Scenario]:
    """With the defaults of fields that all shapes have; none where they can't be by themselves."""
    body = {key: value for key, value in defaults.items() if key in keys_of(Scenario)}
    document, path = Document(ADHOC), (ADHOC,)
    adhoc = fit_scenario(document, path, ADHOC, {"shape": ADHOC} | body)
    check_flows(document, path, body, known_columns(body, folder))
    if adhoc is None:
        return {}
    adhoc = _with_mix(adhoc, default_mix)
    check_users(document, path, adhoc, known_users)
    check_places(document, (*path, "data"), adhoc.data, folder)
    return {} if document.problems else {ADHOC: adhoc}


def _with_mix(scenario: Scenario, mix: Mapping[str, int | float] | None) -> Scenario:
    if not mix or "users_mix" in scenario.model_fields_set:
        return scenario
    return scenario.model_copy(update={"users_mix": dict(mix)})


def _bodies(top: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The scenarios as they were written, without what can't be one."""
    bodies = top.get("scenarios")
    named = bodies.items() if isinstance(bodies, dict) else ()
    return {name: body for name, body in named if isinstance(body, dict)}


def fit_scenario(document: Document, path: Path, name: str, value: Any) -> Scenario | None:
    body = document.mapping(path, value)
    if document.is_refused(path):
        return None
    if "client" in body:
        document.add((*path, "client"), _NO_CLIENT, at_key=True)
        body = {key: value for key, value in body.items() if key != "client"}
    shape = body.get("shape")
    if shape is None:
        if "shape" not in body:
            document.add(path, f"shape is missing; expected {', '.join(SHAPES)}", at_key=True)
        return None
    if not isinstance(shape, str) or shape not in SHAPES:
        message = f"{shown(shape)} is no shape; {did_you_mean(str(shape), SHAPES)}"
        document.add((*path, "shape"), message)
        return None
    return fit(document, path, SHAPES[shape], body, name=name)


def check_users(
    document: Document, path: Path, scenario: Scenario, known_users: Collection[str] | None
) -> None:
    if known_users is None:
        return
    for user in scenario.users_mix:
        if user not in known_users:
            message = f"no user class is called {shown(user)}; {did_you_mean(user, known_users)}"
            document.add((*path, "users_mix", user), message, at_key=True)


def check_idle(document: Document, path: Path, scenario: Scenario, said: Collection[str]) -> None:
    """Of the fields that were `said` for this scenario, those that say nothing, and from which
    another load or verdict is expected. Others are no mistake (`flow/unused.py`)."""
    for key, sentence in scenario.idle():
        if key in said and key in MISLEADING:
            document.add((*path, key), sentence)


def _scenarios(document: Document, value: Any, folder: FilePath) -> dict[str, Scenario]:
    path: Path = ("scenarios",)
    bodies = document.mapping(path, value)
    if not bodies and not document.problems:
        document.add(path, "needs at least one scenario")
    found: dict[str, Scenario] = {}
    for name, body in bodies.items():
        _check_name(document, (*path, name), name)
        scenario = fit_scenario(document, (*path, name), name, body)
        if isinstance(body, dict):
            check_flows(document, (*path, name), body, known_columns(body, folder))
        if scenario is not None:
            found[name] = scenario
    if ADHOC in found and not isinstance(found[ADHOC], Adhoc):
        message = f"a scenario called {ADHOC} must have the shape {ADHOC}"
        document.add((*path, ADHOC), message, at_key=True)
    return found


def _ready(document: Document, value: Any) -> str | None:
    """Of all scenarios that name none of their own."""
    if value is None:
        return None
    try:
        if not isinstance(value, str):
            raise ValueError(f"expected a path such as /healthz, not {shown(value)}")
        return check_endpoint(value)
    except ValueError as error:
        document.add(("ready",), str(error))
        return None


def _observe(document: Document, top: dict[str, Any], folder: FilePath) -> Observe | None:
    """Of the whole run: what is observed is the target, not a scenario."""
    path: Path = ("observe",)
    if "observe" not in top:
        return None
    body = document.mapping(path, top["observe"])
    found = None if document.is_refused(path) else fit(document, path, Observe, body)
    return None if found is None else found.beside(folder)


def _suites(document: Document, value: Any, scenarios: Any) -> dict[str, list[str]]:
    known = [*(scenarios if isinstance(scenarios, dict) else ())]
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
