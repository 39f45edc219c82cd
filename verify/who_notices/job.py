"""The job that every tool gets: so many requests a second for so long, and two limits to keep."""

from __future__ import annotations

import json
from dataclasses import dataclass

P95_MS = 1000
ERRORS_PERCENT = 1
REQUEST_TIMEOUT_S = 5
BODY = json.dumps({"job_name": "who-notices", "args": {"data": "x" * 960}, "priority": 1})


@dataclass(frozen=True, slots=True)
class Job:
    """`users`: connections of a closed model, or what an open one begins with."""

    url: str
    rate: int = 50
    seconds: int = 12
    users: int = 8
    most_users: int = 120
    processes: int = 1

    @property
    def host(self) -> str:
        return self.url.rpartition("/api/")[0]

    @property
    def path(self) -> str:
        return self.url.removeprefix(self.host)

    @property
    def pause_s(self) -> float:
        """Between the requests of a user, for tools that pace themselves by pauses alone."""
        return self.users / self.rate
