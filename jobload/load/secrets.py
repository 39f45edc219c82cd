"""Header values that came from the environment: filled in here, and shown nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobload.plan.headers import secret_values


class Secrets:
    def __init__(
        self, headers: Iterable[Mapping[str, str]] = (), environ: Mapping[str, str] | None = None
    ) -> None:
        """Those that `headers`, as the scenarios have them, name. Raises PlanError without one."""
        found = {value for each in headers for value in secret_values(each, environ or {})}
        self._longest_first = sorted(found, key=len, reverse=True)

    def redact(self, text: str) -> str:
        for secret in self._longest_first:
            text = text.replace(secret, "***")
        return text
