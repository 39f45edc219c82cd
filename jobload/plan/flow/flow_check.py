"""What is wrong with the steps of a scenario beyond their single fields, each with its place.

It looks at them as they were written, so that what is wrong in one step hides nothing in another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from jobload.plan.document import Document
from jobload.plan.duration import format_duration, parse_duration
from jobload.plan.flow.data import DataSource, columns
from jobload.plan.flow.name_check import Columns, Known, Place
from jobload.plan.flow.step import METHODS, of_conditions, pause_bounds
from jobload.plan.problem import Path, PlanError, shown

_VALUE = re.compile(r"\{\{.*?\}\}|\$\{\w+\}", re.DOTALL)


def check_flows(document: Document, path: Path, body: Mapping[str, Any], sources: Columns) -> None:
    """Adds every problem to the document; `path` is where `body`, a scenario, stands in it."""
    variables = _mapping(body.get("variables"))
    known = Known(sources)
    for name, value in variables.items():
        if name in sources:
            document.add((*path, "variables", name), "is a source of rows as well; rename one")
        after = [other for other in variables if other not in known.names]
        Place(document, (*path, "variables", name), known, {}, after).check_value(value)
        known.names.append(name)
    deadline_s = _seconds(body.get("operation_timeout"))
    _check_unfilled(document, path, body)
    for at, steps in _step_lists(body):
        _check_steps(document, (*path, *at), steps, known, deadline_s)
    _check_shared_names(document, path, body)


def _check_unfilled(document: Document, path: Path, body: Mapping[str, Any]) -> None:
    expect = _mapping(body.get("expect"))
    plain: dict[Path, Any] = {("expect", key): expect.get(key) for key in ("json", "headers")}
    for at, said in [(("headers",), body.get("headers")), *plain.items()]:
        for place, text in of_conditions(at, _mapping(said)):
            if "{{" in text or (at != ("headers",) and "${" in text):
                message = "only the texts of steps are filled in; say it in a step"
                document.add((*path, *place), message)


def known_columns(body: Mapping[str, Any], folder: FilePath) -> dict[str, Collection[str] | None]:
    """Of the sources that a scenario names. What is wrong with their files is told by itself."""
    return {name: _columns(said, folder) for name, said in _mapping(body.get("data")).items()}


def _columns(said: Any, folder: FilePath) -> Collection[str] | None:
    try:
        return columns(DataSource.model_validate(said).beside(folder))
    except (ValidationError, PlanError):
        return None


def _step_lists(body: Mapping[str, Any]) -> Iterator[tuple[Path, list[Any]]]:
    if isinstance(body.get("steps"), list):
        yield ("steps",), body["steps"]
    for name, flow in _mapping(body.get("flows")).items():
        if isinstance(steps := _mapping(flow).get("steps"), list):
            yield ("flows", name, "steps"), steps


def _check_shared_names(document: Document, path: Path, body: Mapping[str, Any]) -> None:
    """Steps of several flows may have one name, and so add up, where they ask for the same. What
    else they send is left open: one flow may log in as others do."""
    first: dict[str, tuple[str, str]] = {}
    for name, flow in _mapping(body.get("flows")).items():
        steps = _mapping(flow).get("steps")
        for index, step in enumerate(steps if isinstance(steps, list) else ()):
            label, asked = _label(step), _asked(step)
            if label is None or asked is None:
                continue
            other_flow, other = first.setdefault(label, (name, asked))
            if other_flow != name and not _may_be_one(asked, other):
                document.add(
                    (*path, "flows", name, "steps", index, _naming_key(step)),
                    f"a step of the flow {other_flow} is called {shown(label)}, too, and is"
                    f" {other}: results are kept by name; give this one a name of its own",
                )


def _asked(step: Any) -> str | None:
    said = _mapping(step)
    method = _request_key(said)
    if method is None or not isinstance(said[method], str):
        return None
    return f"{method.upper()} {said[method]}"


def _may_be_one(asked: str, other: str) -> bool:
    """Whether method and path are the same, or can be, whatever values are filled in."""
    (method, _, path), (other_method, _, other_path) = (
        _VALUE.sub("{}", each).partition("?")[0].partition(" ") for each in (asked, other)
    )
    if method != other_method or not (path.startswith("/") and other_path.startswith("/")):
        return method == other_method  # a whole address may be any
    parts, other_parts = path.split("/"), other_path.split("/")
    return len(parts) == len(other_parts) and all(
        one == two or "{}" in one + two for one, two in zip(parts, other_parts, strict=True)
    )


def _check_steps(
    document: Document, path: Path, steps: list[Any], known: Known, deadline_s: float | None
) -> None:
    own = Known(known.columns, [*known.names])
    captured = [list(_mapping(_mapping(step).get("capture"))) for step in steps]
    requests = [each for step in steps if (each := _mapping(step)).keys() != {"pause"}]
    if steps and not requests:
        document.add(path, "has nothing but pauses; give it a request")
    elif steps and all("reuse" in request for request in requests):
        message = "are all reused, so most operations would send nothing; add one that is not"
        document.add(path, message)
    labels: dict[str, int] = {}
    least_s = 0.0
    for index, step in enumerate(steps):
        at = (*path, index)
        if not isinstance(step, dict):
            continue
        later = {name: _title(steps, n) for n in range(index, len(steps)) for name in captured[n]}
        _check_step(Place(document, at, own, later), step)
        for name in captured[index]:
            if name in known.names or name in known.columns:
                what = "a variable" if name in known.names else "a source of rows"
                document.add((*at, "capture", name), f"is {what} as well; rename one", at_key=True)
        own.names += captured[index]
        label = _label(step)
        if label is not None and labels.setdefault(label, index) != index:
            document.add(
                (*at, _naming_key(step)),
                f"step {labels[label] + 1} is called {shown(label)}, too, and results are kept by"
                " name; give this one a name of its own",
            )
        least_s += _least_s(step)
        if deadline_s is not None:
            _check_ends(document, at, step, least_s, deadline_s)


def _check_step(place: Place, step: dict[str, Any]) -> None:
    for method in METHODS:
        if isinstance(path := step.get(method), str):
            place.at(method).check_path(path)
    for key in ("json", "form", "headers", "body"):
        if not (key == "body" and isinstance(step.get(key), dict)):
            place.at(key).check_value(step.get(key))
    expect, poll = _mapping(step.get("expect")), _mapping(step.get("poll"))
    for at in ("json", "headers"):
        if isinstance(wanted := expect.get(at), dict):
            place.at("expect", at).check_values_of(wanted)
    for at in ("until", "fail"):
        place.at("poll", at).check_values_of(_mapping(poll.get(at)))


def _check_ends(
    document: Document, at: Path, step: dict[str, Any], least_s: float, deadline_s: float
) -> None:
    limit = f"the operation has {format_duration(deadline_s)} (operation_timeout)"
    poll_s = _seconds(_mapping(step.get("poll")).get("timeout", "30s")) if "poll" in step else None
    if poll_s is not None and poll_s > deadline_s:
        key: Path = ("poll", "timeout") if "timeout" in _mapping(step["poll"]) else ("poll",)
        document.add(
            (*at, *key),
            f"waits for up to {format_duration(poll_s)}, and {limit}: it can't end within it; make"
            " one shorter or the other longer",
        )
    elif "pause" in step and least_s > deadline_s:
        document.add(
            (*at, "pause"),
            f"with this pause the steps take at least {format_duration(least_s)}, and {limit}",
        )


def _least_s(step: dict[str, Any]) -> float:
    try:
        return pause_bounds(step["pause"])[0] if "pause" in step else 0.0
    except (ValueError, TypeError):
        return 0.0


def _title(steps: list[Any], index: int) -> str:
    label = _label(steps[index])
    return f"{index + 1}" if label is None else f"{index + 1} ({label})"


def _label(step: Any) -> str | None:
    """As of a step that is in order (`Step.label`)."""
    said = _mapping(step)
    method = _request_key(said)
    given = said.get("name") or (method and f"{method.upper()} {said[method]}")
    return given if isinstance(given, str) else None


def _naming_key(step: dict[str, Any]) -> str:
    return "name" if "name" in step else _request_key(step) or ""


def _request_key(step: dict[str, Any]) -> str | None:
    return next((method for method in METHODS if method in step), None)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _seconds(value: Any) -> float | None:
    try:
        return parse_duration(value)
    except (ValueError, TypeError):
        return None
