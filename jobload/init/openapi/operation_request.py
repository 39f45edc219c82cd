"""One operation as a step, with values for all that it must be sent with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import orjson

from jobload.init.draft import Step
from jobload.init.loose_data import mapping, text_of
from jobload.init.openapi.api_operation import (
    Operation,
    Parameter,
    examples_of,
    json_media_of,
    placeholders,
)
from jobload.init.openapi.merged_schema import properties_of
from jobload.init.openapi.openapi_document import CannotSendError, OpenApi
from jobload.init.openapi.sample_check import flaw_of
from jobload.init.openapi.sampler import Sampler
from jobload.init.openapi.security import Proof
from jobload.init.template_text import encoded
from jobload.init.value_name import step_name

_FORM, _TEXT = "application/x-www-form-urlencoded", "text/plain"
_WITHOUT_BODY = ("get", "head", "options")
_SET_BY_THE_CLIENT = {"host", "content-length", "connection", "transfer-encoding"}
_SET_OTHERWISE = {"accept", "content-type", "authorization"}
"""OpenAPI says that parameters of these names are to be ignored."""


class RequestMaker:
    def __init__(self, document: OpenApi, secrets: dict[str, str]) -> None:
        self._document = document
        self._sampler = Sampler(document, secrets)
        self._names: dict[str, str] = {}
        """Of steps, by the title of their operation: two may have one id, or nearly."""

    def step(self, operation: Operation, known: dict[str, str], proof: Proof) -> Step:
        """`known` are the values of placeholders, by name."""
        if (name := self._names.get(operation.title)) is None:
            name = self._names[operation.title] = step_name(operation.id, self._names.values())
        step = Step(name, operation.method, "", remarks=[*_words(operation)])
        step.path = self._path(operation, known) + self._query(operation, proof)
        step.headers = self._headers(operation, proof)
        step.warnings += [f"{each}." for each in proof.remarks]
        self._add_body(operation, step)
        step.statuses = statuses(operation)
        return step

    def value(self, parameter: Parameter) -> Any:
        """One that the document gives, or that its schema allows."""
        data = parameter.data
        holders = [data, *map(mapping, mapping(data.get("content")).values())]
        if given := [each for holder in holders for each in examples_of(self._document, holder)]:
            return self._sampler.example(given[0], parameter.name)
        try:
            return self._sampler.sample(parameter.schema, parameter.name)
        except CannotSendError as error:
            raise CannotSendError(f"{error} ({parameter.name})") from None

    def _path(self, operation: Operation, known: dict[str, str]) -> str:
        by_name = {each.name: each for each in operation.of("path")}
        path = operation.base_path
        for text, name in placeholders(operation.bare_path):
            path += quote(text, safe="/%:@!$&'()*+,;=~")
            if name is None:
                break
            parameter = by_name.get(name, Parameter(name, "path", True, {"schema": {}}))
            if parameter.data.get("style", "simple") != "simple":
                raise CannotSendError(
                    f"the style {parameter.data['style']} of {name} is not taken over"
                )
            path += known[name] if name in known else _listed_text(self.value(parameter))
        return path

    def _query(self, operation: Operation, proof: Proof) -> str:
        pairs = [
            pair
            for parameter in operation.of("query")
            if parameter.required
            for pair in _query_pairs(parameter, self.value(parameter))
        ]
        pairs += [(name, value) for name, value in proof.query.items()]
        texts = [operation.fixed_query] if operation.fixed_query else []
        texts += [f"{encoded(name)}={value}" for name, value in pairs]
        return "?" + "&".join(texts) if texts else ""

    def _headers(self, operation: Operation, proof: Proof) -> dict[str, str]:
        """Parameters often say again what is the proof."""
        proven = {name.lower() for name in proof.headers}
        headers = {
            each.name: _listed_text(self.value(each), plain=True)
            for each in operation.of("header")
            if each.required
            and each.name.lower() not in _SET_OTHERWISE | _SET_BY_THE_CLIENT | proven
        }
        cookies = [proof.headers["Cookie"]] if "Cookie" in proof.headers else []
        cookies += [
            f"{each.name}={_listed_text(self.value(each), plain=True)}"
            for each in operation.of("cookie")
            if each.required
        ]
        cookie = {"Cookie": "; ".join(cookies)} if cookies else {}
        return headers | proof.headers | cookie

    def _add_body(self, operation: Operation, step: Step) -> None:
        if "requestBody" not in operation.data:
            return
        body = self._document.follow(operation.data["requestBody"])
        if operation.method in _WITHOUT_BODY:
            step.warnings.append(f"Its body is not taken over: {step.method.upper()} sends none.")
            return
        try:
            self._fill_body(body, step)
        except CannotSendError as error:
            if body.get("required") is True:
                raise
            step.warnings.append(f"Sent without a body: {error}.")

    def _fill_body(self, body: dict[str, Any], step: Step) -> None:
        content = mapping(body.get("content"))
        if media := json_media_of(body):
            kind, holder = media
            step.body_kind, step.body = "json", self._body(holder, step)
            if "json" in kind and kind.partition(";")[0] != "application/json":
                step.headers["Content-Type"] = kind
        elif _FORM in content:
            made = self._body(mapping(content[_FORM]), step)
            if not isinstance(made, dict):
                raise CannotSendError("its form is no object")
            if any(isinstance(value, list) for value in made.values()):
                step.body_kind, step.body = "body", "&".join(_form_pairs(made))
                step.headers["Content-Type"] = _FORM
            else:
                step.body_kind, step.body = "form", {k: _form_text(v) for k, v in made.items()}
        elif _TEXT in content:
            step.body_kind, step.body = "body", str(self._body(mapping(content[_TEXT]), step))
            step.headers["Content-Type"] = _TEXT
        else:
            kinds = ", ".join(content) or "nothing"
            raise CannotSendError(f"bodies of {kinds} are not taken over")

    def _body(self, holder: dict[str, Any], step: Step) -> Any:
        schema = holder.get("schema", {})
        given = examples_of(self._document, holder)
        made = self._sampler.example(given[0]) if given else self._sampler.sample(schema)
        if flaw := flaw_of(self._document, schema, made):
            step.warnings.append(f"Look at its body, which its schema does not allow: {flaw}.")
        if rest := _optional_names(self._document, schema, made):
            step.remarks.append(f"Its body may also have: {', '.join(rest)}.")
        return made


def statuses(operation: Operation) -> list[int | str]:
    """Those that the document names for a success."""
    found: list[int | str] = []
    for status in mapping(operation.data.get("responses")):
        if re.fullmatch(r"[23]\d\d", status):
            found.append(int(status))
        elif re.fullmatch(r"[23]XX", status, re.IGNORECASE):
            found.append(status.lower())
    return found


def _words(operation: Operation) -> Iterator[str]:
    summary = operation.data.get("summary")
    if isinstance(summary, str) and summary.strip():
        yield summary.strip()[:200].rstrip(".") + "."
    optional = [
        p for p in operation.parameters if p.place in ("query", "header") and not p.required
    ]
    if optional:
        yield f"It also takes: {', '.join(f'{p.name} ({p.place})' for p in optional[:20])}."
    if operation.data.get("deprecated") is True:
        yield "It is deprecated."


def _optional_names(document: OpenApi, schema: Any, made: Any) -> list[str]:
    if not isinstance(made, dict):
        return []
    properties = properties_of(document, schema)
    writable = [k for k, v in properties.items() if v.get("readOnly") is not True]
    return [key for key in writable if key not in made][:40]


def _query_pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """By its style and explode, as OpenAPI has them."""
    style = text_of(parameter.data.get("style")) or "form"
    explode = parameter.data.get("explode", style == "form")
    separator = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(style, ",")
    if parameter.data.get("content"):
        yield parameter.name, encoded(orjson.dumps(value).decode())
    elif isinstance(value, list) and explode:
        yield from ((parameter.name, encoded(each)) for each in value)
    elif isinstance(value, list):
        yield parameter.name, separator.join(encoded(each) for each in value)
    elif isinstance(value, dict) and style == "deepObject":
        yield from ((f"{parameter.name}[{k}]", encoded(each)) for k, each in value.items())
    elif isinstance(value, dict) and explode:
        yield from ((k, encoded(each)) for k, each in value.items())
    elif isinstance(value, dict):
        yield parameter.name, ",".join(f"{encoded(k)},{encoded(v)}" for k, v in value.items())
    else:
        yield parameter.name, encoded(value)


def _listed_text(value: Any, plain: bool = False) -> str:
    """Of the style simple, which has a list with commas; percent-encoded unless `plain`."""
    entries = value if isinstance(value, list) else [value]
    if isinstance(value, dict):
        entries = [part for pair in value.items() for part in pair]
    return ",".join(_form_text(each) if plain else encoded(each) for each in entries)


def _form_pairs(made: dict[str, Any]) -> Iterator[str]:
    """The fields of a step's form have one value each, and a list has its name before each."""
    for name, value in made.items():
        for each in value if isinstance(value, list) else [value]:
            yield f"{encoded(name)}={encoded(each)}"


def _form_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
