"""Which attempts are tried again, and when, where it is not as in the reference design."""

from typing import Annotated, Literal

from pydantic import Field

from jobload.plan.expect import Statuses
from jobload.plan.strict_model import StrictModel


class Retry(StrictModel):
    times: Annotated[int | None, Field(ge=0, le=10)] = None
    """How often an operation is tried again; by default `retries`."""
    status: Statuses = ("5xx",)
    """Status codes after which it is, besides any network error; one, or a list."""
    after: Literal["backoff", "server"] = "backoff"
    """When: 100, 200, 400 ms later, or when the reply's Retry-After says, if it has one."""
