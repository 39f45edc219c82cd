"""Figures of the target's own, which a Prometheus has, asked for while a run goes on."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from jobload.plan.duration import QueryInterval
from jobload.plan.field_types import Name
from jobload.plan.headers import Headers
from jobload.plan.strict_model import StrictModel
from jobload.plan.tls import Tls

ObservedUnit = Literal["", "%", "s", "ms", "bytes", "/s", "bytes/s"]
MOST_QUERIES = 16
_ADDRESS = re.compile(r"https?://([^/?#\s]+)(/[^?#\s]*)?", re.ASCII)
_EXAMPLE = "expected the address of a Prometheus such as http://127.0.0.1:9090"


def check_address(text: str) -> str:
    """Nothing of it is repeated where it may hold a password."""
    match = _ADDRESS.fullmatch(text)
    if match and "@" in match[1]:
        raise ValueError(
            f"{_EXAMPLE}, without a user or password; say them in headers, as in Authorization:"
            " Bearer ${PROMETHEUS_TOKEN}"
        )
    if not match:
        raise ValueError(f"{_EXAMPLE}, not {text.rpartition('@')[2][:60]!r}")
    return text


class Query(StrictModel):
    query: Annotated[str, Field(min_length=1, max_length=4096)]
    """PromQL that comes to one figure; several series are aggregated in it, as by sum(…)."""
    unit: ObservedUnit = ""
    """Of the figure, as the query gives it: a share of 0 to 1 is no `%` before it is times 100."""


class Observe(StrictModel):
    prometheus: Annotated[str, AfterValidator(check_address)]
    """Its address, with the path before /api/v1 where there is one."""
    headers: Headers = Field(default_factory=dict)
    """Values may hold ${NAME}, which is taken from the environment and never shown."""
    tls: Tls | None = None
    """Certificates, where the system's are not the right ones."""
    every_s: Annotated[QueryInterval, Field(alias="every")] = 2.0
    """How often each query is asked: 1s to 60s."""
    queries: Annotated[dict[Name, Query], Field(min_length=1, max_length=MOST_QUERIES)]
    """Each with the name that checks (observe:NAME) and charts know it by."""
