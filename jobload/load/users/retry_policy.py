"""Which attempts are tried again, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobload.load.http.retry_after import asked_wait_s
from jobload.plan.expect import expanded
from jobload.plan.retry_settings import Retry
from jobload.plan.scenario_fields import RETRY_FIRST_PAUSE_S

if TYPE_CHECKING:
    from jobload.load.http.reply import Reply
    from jobload.plan.scenario import Scenario


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`longest_wait_s`: a server that asks for more is not asked again."""

    times: int
    statuses: frozenset[int]
    obeys_server: bool
    longest_wait_s: float

    @classmethod
    def of(cls, scenario: Scenario) -> RetryPolicy:
        rule = scenario.retry or Retry()
        obeys = rule.after == "server"
        return cls(scenario.retry_times, expanded(rule.status), obeys, scenario.timeout_s)

    def wait_s(self, retry: int, reply: Reply | None) -> float | None:
        """The pause before retry number 1, 2, 3, …; None when it is not tried again.

        Without a reply there was a network error, which is worth it; what the target answers is
        its answer, but for these statuses.
        """
        if retry > self.times or (reply is not None and reply.status not in self.statuses):
            return None
        if reply is not None and self.obeys_server:
            asked_s = asked_wait_s(reply)
            if asked_s is not None:
                return asked_s if asked_s <= self.longest_wait_s else None
        return RETRY_FIRST_PAUSE_S * 2.0 ** (retry - 1)
