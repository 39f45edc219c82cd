"""What one request looks like: method, endpoint and headers, each checked for what HTTP allows."""

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)
_VALUE = re.compile(r"[\t -~]*", re.ASCII)
_SET_BY_THE_CLIENT = {"connection", "content-length", "host", "transfer-encoding"}


def check_method(method: str) -> str:
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"expected an HTTP method such as POST or GET, not {method!r}")
    if method != method.upper():
        raise ValueError(f"methods are written in capitals: {method.upper()}, not {method!r}")
    return method


def check_endpoint(endpoint: str) -> str:
    if not endpoint.startswith("/"):
        raise ValueError(
            f"expected a path that starts with / such as /api/v1/jobs, not {endpoint!r}"
            " (the host comes from --host)"
        )
    if endpoint.startswith("//"):
        raise ValueError(f"a path that starts with // names another host: {endpoint!r}")
    if not _PATH.fullmatch(endpoint) or "#" in endpoint:
        raise ValueError(
            f"{endpoint!r} has a character that no request path can have"
            " (a space, #, a control or non-ASCII character); percent-encode it, as in %20"
        )
    return endpoint


def check_headers(headers: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for name, value in headers.items():
        _check_header_name(name)
        problem = header_value_problem(value)
        if problem:
            raise ValueError(f"the value of header {name} {problem}")
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise ValueError(f"header {name} is given twice, also as {other}")


def header_value_problem(value: str) -> str | None:
    """Half a sentence without the value, which may be a secret."""
    if not _VALUE.fullmatch(value):
        return "has a character that no header can have (a line break, a control or non-ASCII one)"
    if value != value.strip():
        return "begins or ends with a blank"
    return None


def _check_header_name(name: str) -> None:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is no header name; expected letters, digits and -")
    if name.lower() in _SET_BY_THE_CLIENT:
        raise ValueError(f"header {name} is set by the client itself and can't be given")
