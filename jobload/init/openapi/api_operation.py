"""One operation of an OpenAPI document, its references followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jobload.init.draft import Draft
from jobload.init.loose_data import listed, mapping
from jobload.init.openapi.openapi_document import CannotSendError, OpenApi
from jobload.plan.flow.step import METHODS

_JSON = ("application/json", "+json", "*/*", "application/*")


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str
    """path, query, header or cookie."""
    required: bool
    data: dict[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        for media in mapping(self.data.get("content")).values():
            return mapping(mapping(media).get("schema"))
        return mapping(self.data.get("schema"))


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    """As the document has it, without the server's base path."""
    base_path: str
    data: dict[str, Any]
    parameters: tuple[Parameter, ...]

    @property
    def id(self) -> str:
        given = self.data.get("operationId")
        return given if isinstance(given, str) and given else self.title

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def bare_path(self) -> str:
        """Without the query or fragment by which some documents tell operations apart."""
        return re.split(r"[?#]", self.path, maxsplit=1)[0]

    @property
    def fixed_query(self) -> str:
        return self.path.partition("#")[0].partition("?")[2]

    def of(self, place: str) -> list[Parameter]:
        return [each for each in self.parameters if each.place == place]

    @property
    def path_names(self) -> list[str]:
        """Of its placeholders, from left to right."""
        return [name for _, name in placeholders(self.bare_path) if name is not None]

    def replies(self, document: OpenApi) -> Iterator[tuple[str, dict[str, Any]]]:
        """The good ones, each with its status as the document has it."""
        for status, node in mapping(self.data.get("responses")).items():
            if status[:1] in ("2", "3"):
                yield status, document.found(node)


def placeholders(path: str) -> Iterator[tuple[str, str | None]]:
    """`/jobs/{id}/log` as ("/jobs/", "id"), ("/log", None)."""
    rest = path
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        yield before, name
    yield rest, None


def examples_of(document: OpenApi, holder: dict[str, Any]) -> list[Any]:
    """The author's own, of a parameter or a body."""
    named = mapping(holder.get("examples")).values()
    given = [holder.get("example"), *(document.found(each).get("value") for each in named)]
    return [each for each in given if each is not None]


def json_schema_of(holder: dict[str, Any]) -> dict[str, Any] | None:
    """Of a reply or a request body, if it is JSON."""
    media = json_media_of(holder)
    return None if media is None else mapping(media[1].get("schema"))


def json_media_of(holder: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Plain application/json, or what else is JSON; any type is taken for it."""
    bare = {kind.partition(";")[0].strip().lower(): kind for kind in mapping(holder.get("content"))}
    for wanted in _JSON:
        for each, kind in bare.items():
            if each.endswith(wanted):
                return kind, mapping(holder["content"][kind])
    return None


def read_operations(document: OpenApi, draft: Draft) -> list[Operation]:
    """All of them, in the document's order; those that can't be read are left out of the draft."""
    found = []
    for path, node in mapping(document.data.get("paths")).items():
        try:
            item = document.follow(node)
        except CannotSendError as error:
            draft.leave_out(str(error), path)
            continue
        for method in METHODS:
            if isinstance(item.get(method), dict):
                operation = _operation(document, draft, path, method, item)
                found += [operation] if operation else []
        if "trace" in item:
            draft.leave_out("TRACE is no method of a step", f"TRACE {path}")
    return found


def _operation(
    document: OpenApi, draft: Draft, path: str, method: str, item: dict[str, Any]
) -> Operation | None:
    data = item[method]
    title = f"{method.upper()} {path}"
    if not path.startswith("/"):
        draft.leave_out("their paths do not begin with /", title)
        return None
    try:
        parameters = tuple(_parameters(document, item, data))
    except CannotSendError as error:
        draft.leave_out(str(error), title)
        return None
    servers = [*listed(data.get("servers")), *listed(item.get("servers"))]
    servers += listed(document.data.get("servers"))
    host, base_path = first_server(servers)
    if host and draft.host and host != draft.host:
        draft.leave_out(f"their server is another one than {draft.host}", f"{title} ({host})")
        return None
    return Operation(method, path, base_path, data, parameters)


def _parameters(
    document: OpenApi, item: dict[str, Any], data: dict[str, Any]
) -> Iterator[Parameter]:
    """Those of the operation stand in place of those of its path."""
    found: dict[tuple[str, str], Parameter] = {}
    for node in [*listed(item.get("parameters")), *listed(data.get("parameters"))]:
        each = document.follow(node)
        name, place = each.get("name"), each.get("in")
        if isinstance(name, str) and isinstance(place, str):
            required = each.get("required") is True or place == "path"
            found[name, place] = Parameter(name, place, required, each)
    yield from found.values()


def first_server(servers: list[Any]) -> tuple[str | None, str]:
    """The host for --host, if it names one, and the path in front of all others."""
    return _split(_url(servers[0])) if servers else (None, "")


def _url(server: Any) -> str:
    """With the defaults of its variables."""
    url = mapping(server).get("url")
    if not isinstance(url, str):
        return ""
    for name, variable in mapping(mapping(server).get("variables")).items():
        url = url.replace(f"{{{name}}}", str(mapping(variable).get("default", "")))
    return url


def _split(url: str) -> tuple[str | None, str]:
    try:
        parts = urlsplit(url)
        host = f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None
    except ValueError:
        return None, ""
    path = parts.path.rstrip("/")
    if host and "{" in host:
        host = None
    return host, path if path.startswith("/") and "{" not in path else ""
