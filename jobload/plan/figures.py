"""The kinds of figures a scenario is made of, each with its limits."""

from typing import Annotated

from pydantic import Field

MAX_USERS = 100_000
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
NAME_PATTERN = r"^[a-z0-9_-]+$"

Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Users = Annotated[int, Field(ge=1, le=MAX_USERS)]
Rate = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
PayloadBytes = Annotated[int, Field(ge=0, le=MAX_PAYLOAD_BYTES)]
