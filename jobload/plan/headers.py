"""Headers: what HTTP allows, and values that come from the environment."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

from jobload.plan.problem import PlanError, option_problem, shown
from jobload.plan.secret_name import is_secret

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_VALUE = re.compile(r"[\t -~]*", re.ASCII)
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
_SAYS_WHAT_FOLLOWS = {"content-length", "host", "transfer-encoding"}
_SET_BY_THE_CLIENT = _SAYS_WHAT_FOLLOWS | {"connection"}
ENVIRONMENT = "environment"
"""In place of a file, of problems with what comes from there."""


def check_header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"{shown(name)} is no header name; expected letters, digits and -")
    return name


def _check_name(name: str) -> str:
    check_header_name(name)
    if name.lower() in _SET_BY_THE_CLIENT:
        raise ValueError("this header is set by the client itself and can't be given")
    return name


def check_own_name(name: str) -> None:
    """Of a header that a user class of somebody's own gives; `Connection: close` does no harm."""
    check_header_name(name)
    if name.lower() in _SAYS_WHAT_FOLLOWS:
        raise ValueError(f"the header {name} is set by the client itself and can't be given")


def _check_value(value: str) -> str:
    if flaw := value_flaw(value):
        raise ValueError(f"the value {flaw}")
    if "${" in _REFERENCE.sub("", value):
        raise ValueError("the value has a ${ without a name and }, as in ${API_TOKEN}")
    return value


def _check_unique(headers: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name in headers:
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise ValueError(f"{other} and {name} are the same header")
    return headers


Headers = Annotated[
    dict[Annotated[str, AfterValidator(_check_name)], Annotated[str, AfterValidator(_check_value)]],
    AfterValidator(_check_unique),
]


def resolve_headers(headers: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The headers with each ${NAME} filled in; PlanError naming every variable that is missing."""
    problems = [
        option_problem(ENVIRONMENT, sentence, key=f"headers.{name}")
        for name, value in headers.items()
        for sentence in obstacles(value, environ, value_flaw)
    ]
    if problems:
        raise PlanError(problems)
    return {name: _fill(value, environ) for name, value in headers.items()}


def secret_values(headers: Mapping[str, str], environ: Mapping[str, str]) -> tuple[str, ...]:
    """What no output may show, the longest first so that masking leaves no remains."""
    found: set[str] = set()
    for name, value in headers.items():
        found.update(environ.get(variable, "") for variable in variables_in(value))
        if is_secret(name):
            filled = _fill(value, environ)
            written = (filled, filled.rpartition(" ")[2])
            # One sign, as of `X-CSRF: 1`, is no secret, and masked it would leave no text to read.
            found.update(each for each in written if len(each) > 1)
    return tuple(sorted(found - {""}, key=lambda secret: (-len(secret), secret)))


def variables_in(text: str) -> list[str]:
    return [*dict.fromkeys(_REFERENCE.findall(text))]


def obstacles(
    text: str, environ: Mapping[str, str], flaw_of: Callable[[str], str | None]
) -> Iterator[str]:
    """Why its ${NAME} can't be filled in; `flaw_of` what it came to says half a sentence."""
    variables = variables_in(text)
    missing = [variable for variable in variables if not environ.get(variable)]
    for variable in missing:
        yield f"the variable {variable} is not set, or empty; export it before the run"
    if variables and not missing and (flaw := flaw_of(_fill(text, environ))):
        yield f"filled in from {', '.join(variables)}, the value {flaw}"


def _fill(value: str, environ: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: environ.get(match[1], ""), value)


def value_flaw(value: str) -> str | None:
    """Half a sentence, without the value, which may be a secret."""
    if not _VALUE.fullmatch(value):
        return "has a character that no header can have (a line break, a control or non-ASCII one)"
    if value != value.strip():
        return "begins or ends with a blank"
    return None
