"""Method and endpoint, checked for what HTTP allows."""

import re

from jobload.plan.problem import shown

WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE"})
"""Of the one request of a scenario."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_PATH = re.compile(r"/[!-~]*", re.ASCII)
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}?|\{\{[^}]*\}*|\{[^}]*\}?|\}|<[^>]*>", re.ASCII)
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.ASCII)
_NEVER_PLAIN = re.compile(r'["<>\\^`|]', re.ASCII)


def check_method(method: str) -> str:
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"expected an HTTP method such as POST or GET, not {shown(method)}")
    if method != method.upper():
        raise ValueError(
            f"methods are written in capitals: {shown(method.upper())[1:-1]}, not {shown(method)}"
        )
    return method


def check_endpoint(endpoint: object) -> str:
    if not isinstance(endpoint, str) or not endpoint.startswith("/"):
        raise ValueError(
            f"expected a path that starts with / such as /api/v1/jobs, not {shown(endpoint)}"
            " (the host comes from --host)"
        )
    if endpoint.startswith("//"):
        raise ValueError(f"a path that starts with // names another host: {shown(endpoint)}")
    if flaw := path_flaw(endpoint):
        raise ValueError(flaw)
    if not _PATH.fullmatch(endpoint) or "#" in endpoint:
        raise ValueError(
            f"{shown(endpoint)} has a character that no request path can have"
            " (a space, #, a control or non-ASCII character); percent-encode it, as in %20"
        )
    return endpoint


def placeholder_in(path: str) -> str | None:
    """What is written like a value to fill in, and is none."""
    return found[0] if (found := _PLACEHOLDER.search(path)) else None


def path_flaw(path: str) -> str | None:
    """What would go to the target as it stands, and mean something else there or nothing."""
    if found := placeholder_in(path):
        return (
            f"{found} would be sent as it stands: nothing is filled in here; write the value,"
            " or %7B and %7D where { and } are meant"
        )
    if broken := _BROKEN_PERCENT.search(path):
        return f"{broken[0]} is no percent-encoding; expected two hex digits, as in %2F (% is %25)"
    if odd := _NEVER_PLAIN.search(path):
        code = f"%{ord(odd[0]):02X}"
        return f"{odd[0]} can't stand in a request path; percent-encode it, as {code}"
    return None
