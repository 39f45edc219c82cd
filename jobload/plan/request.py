"""Method and endpoint, checked for what HTTP allows."""

import re

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)


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
