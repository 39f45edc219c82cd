"""A draft from a curl command, as browsers copy it and documentation shows it."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn
from urllib.parse import SplitResult, quote_plus, unquote, urlsplit

from jobload.init.curl.command_words import command_words, environment_mark
from jobload.init.curl.curl_options import CurlOptions, curl_options
from jobload.init.draft import Draft, Flow
from jobload.init.recorded_request import RecordedRequest, StepMaker, host_of
from jobload.init.secret_keeper import SecretKeeper
from jobload.init.template_text import shown_path
from jobload.init.value_name import slug, step_name
from jobload.plan.flow.step import METHODS
from jobload.plan.problem import PlanError, listing, option_problem

_OTHER_LANGUAGES = ("invoke-webrequest", "invoke-restmethod", "$session", "fetch(", "await fetch")
_LONGEST_COMMAND = 1024 * 1024
_LARGEST_FILE_BYTES = 1024 * 1024
_MARK = re.compile(environment_mark(r"(\w+?)"))


def curl_draft(text: str) -> Draft:
    options = _options(sys.stdin.read(_LONGEST_COMMAND + 1) if text == "-" else text)
    request = _request(options)
    url = request.url
    keeper, host = SecretKeeper(), host_of(url)
    for name in _MARK.findall(" ".join([url.geturl(), str(request.headers), request.body or ""])):
        keeper.know(environment_mark(name), name)
        host = host.replace(environment_mark(name).lower(), f"${{{name}}}")
    step = StepMaker(keeper, lambda _: False).step(request, lambda *_, **__: None)
    step.name = step_name(f"{request.method} {shown_path(step.path)}")
    draft = Draft("a curl command", slug(step.name), host=host)
    draft.flows = [Flow(draft.scenario, [step])]
    draft.secrets = keeper.variables
    _tell(options, draft)
    return draft


def _options(text: str) -> CurlOptions:
    text = text.strip()
    if len(text) > _LONGEST_COMMAND:
        _refuse("is longer than 1 MiB")
    try:
        text.encode()
    except UnicodeEncodeError:
        _refuse("holds bytes that are not UTF-8; leave them out, and send body: {file: FILE}")
    if "\0" in text:
        _refuse("holds a NUL, which no command can")
    if text.lower().startswith(_OTHER_LANGUAGES):
        _refuse("is not curl; copy it as cURL (bash), or as cURL (cmd)")
    try:
        words = command_words(text)
    except ValueError as error:
        _refuse(str(error))
    words = words[1:] if words[:1] == ["$"] else words
    if not words or Path(words[0].lower()).name not in ("curl", "curl.exe"):
        _refuse("does not begin with curl; give the whole command in quotes, or - and pipe it in")
    options = curl_options(words[1:])
    if not options.urls:
        _refuse("names no address")
    return options


def _request(options: CurlOptions) -> RecordedRequest:
    headers = [_header(each) for each in options.all("header")]
    body = _body(options, headers)
    url = options.urls[0] if "://" in options.urls[0] else f"http://{options.urls[0]}"
    if body is not None and options.last("get") is not None:
        url, body = f"{url}{'&' if '?' in url else '?'}{body}", None
    method = options.last("request") or _implied_method(options, body)
    if method.lower() not in METHODS:
        _refuse(
            f"{method} is no method of a step; expected {listing([m.upper() for m in METHODS])}"
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        _refuse(f"{url!r} is no address")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        _refuse(f"{options.urls[0]!r} is no address of http or https")
    named = {name.lower() for name, _ in headers}
    headers += [proof for proof in _proofs(options, parts) if proof[0].lower() not in named]
    return RecordedRequest(method.upper(), parts, [h for h in headers if h[0]], body)


def _implied_method(options: CurlOptions, body: str | None) -> str:
    """Also of what is not taken over."""
    if options.last("head") is not None:
        return "HEAD"
    if not {"-T", "--upload-file"}.isdisjoint(options.unused):
        return "PUT"
    if body is not None or not {"-F", "--form", "--form-string"}.isdisjoint(options.unused):
        return "POST"
    return "GET"


def _header(text: str) -> tuple[str, str]:
    """`X-Empty;` is a header without a value, and `Accept:` takes one away."""
    if ":" not in text:
        return (text[:-1], "") if text.endswith(";") else ("", "")
    name, _, value = text.partition(":")
    return (name.strip(), value.strip()) if value.strip() else ("", "")


def _body(options: CurlOptions, headers: list[tuple[str, str]]) -> str | None:
    pieces = [piece for name, value in options.given if (piece := _piece(name, value)) is not None]
    if not pieces:
        return None
    kind = "application/x-www-form-urlencoded"
    joint = "&"
    if options.all("json"):
        kind, joint = "application/json", ""
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", kind))
    return joint.join(pieces)


def _piece(name: str, value: str) -> str | None:
    match name:
        case "data-raw":
            return value
        case "data" | "data-ascii":
            if value.startswith("@"):
                return _file(value[1:]).replace("\r", "").replace("\n", "")
            return value
        case "data-binary" | "json":
            return _file(value[1:]) if value.startswith("@") else value
        case "data-urlencode":
            return _encoded(value)
    return None


def _encoded(value: str) -> str:
    """`name=content`, `=content`, `content`, `name@file` or `@file`."""
    found = re.fullmatch(r"([^=@]*)([=@]?)(.*)", value, re.DOTALL)
    assert found is not None  # whatever the value is
    name, sign, content = found.groups()
    if not sign:
        return quote_plus(name)
    text = _file(content) if sign == "@" else content
    return f"{name}={quote_plus(text)}" if name else quote_plus(text)


def _file(name: str) -> str:
    if name == "-":
        _refuse("takes its body from stdin, which is not taken over; write it into a file")
    try:
        with Path(name).open("rb") as file:
            raw = file.read(_LARGEST_FILE_BYTES + 1)
        text = raw.decode()
    except OSError as error:
        _refuse(f"{name}, which it sends, can't be read: {error.strerror}")
    except UnicodeDecodeError:
        _refuse(f"{name}, which it sends, is no text in UTF-8")
    if len(raw) > _LARGEST_FILE_BYTES:
        _refuse(f"{name}, which it sends, is larger than 1 MiB")
    return text


def _proofs(options: CurlOptions, url: SplitResult) -> Iterator[tuple[str, str]]:
    """Headers of options and of the address; one that is written out takes their place."""
    if (token := options.last("oauth2-bearer")) is not None:
        yield "Authorization", f"Bearer {token}"
    elif (user := options.last("user")) is not None:
        yield _basic(user)
    elif url.username:
        yield _basic(f"{unquote(url.username)}:{unquote(url.password or '')}")
    cookies = [each for each in options.all("cookie") if "=" in each]
    if cookies:
        yield "Cookie", "; ".join(cookies)


def _basic(user: str) -> tuple[str, str]:
    if _MARK.search(user):
        return "Authorization", "Basic user:password in Base64"
    return "Authorization", f"Basic {base64.b64encode(user.encode()).decode()}"


def _tell(options: CurlOptions, draft: Draft) -> None:
    for option in options.unused:
        draft.leave_out("these options of curl", option)
    for url in options.urls[1:]:
        draft.leave_out("more addresses than one", url.partition("?")[0].rpartition("@")[2])
    for name in options.all("cookie"):
        if "=" not in name:
            draft.leave_out("a file of cookies", name)
    for name in options.all("header"):
        if name.startswith("@"):
            draft.leave_out("a file of headers", name)
    if options.last("insecure") is not None:
        draft.remarks.append("With -k any certificate is taken: add `tls: {verify: false}` for it.")
    if options.last("location") is not None:
        draft.remarks.append("With -L redirects are followed; here each is a request of its own.")


def _refuse(sentence: str) -> NoReturn:
    raise PlanError([option_problem("--curl", sentence)]) from None
