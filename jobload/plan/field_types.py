"""The kinds of figures a scenario is made of, each with its limits."""

import re
from typing import Annotated

from pydantic import Field

MAX_USERS = 100_000
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
NAME = re.compile(r"[a-z0-9_-]{1,64}", re.ASCII)

Name = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
Users = Annotated[int, Field(ge=1, le=MAX_USERS)]
Rate = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
PayloadBytes = Annotated[int, Field(ge=0, le=MAX_PAYLOAD_BYTES)]
