"""One experiment: how it is run, and what it claims."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from e2e.accounts import differences, server_differences
from e2e.claims import Claims
from e2e.load_test import Mode, run_locust
from e2e.outcome import Outcome


class Server(Protocol):
    """Of known truth: it counts what it is asked."""

    @property
    def url(self) -> str: ...

    def facts(self) -> Any: ...


@dataclass(frozen=True)
class Setting:
    """Where and how an experiment runs: in full length, or as short as its physics allow."""

    folder: Path
    full_length: bool
    mode: Mode = "local"
    workers: int = 2

    def run(
        self, claims: Claims, server: Server, *options: str, within_s: float, **settings: Any
    ) -> Outcome:
        """A load test, and V9 for it: every arrival and attempt accounted for."""
        outcome = run_locust(
            self.folder,
            *options,
            host=server.url,
            mode=self.mode,
            workers=self.workers,
            within_s=within_s,
            **settings,
        )
        claim_accounts(claims, outcome, server)
        return outcome


def claim_accounts(claims: Claims, outcome: Outcome, server: Server) -> None:
    claims.equal("V9: differences", differences(outcome.result), [])
    facts = server.facts()
    claims.equal("V9: differences to the server", server_differences(outcome, facts), [])


@dataclass(frozen=True)
class Experiment:
    """`sturdy`: another one may run at the same time, also one that makes the machine busy.
    `alone`: only one that is alone as well; if it takes cores (`busy`), nothing. `long`: in full
    length only."""

    name: str
    run: Callable[[Setting, Claims], None]
    mode: Mode = "local"
    workers: int = 2
    sturdy: bool = False
    alone: bool = False
    busy: bool = False
    long: bool = False

    def __str__(self) -> str:
        return self.name if self.mode == "local" else f"{self.name} {self.workers} {self.mode}"

    def measure(self, folder: Path, full_length: bool) -> Claims:
        claims = Claims(str(self))
        self.run(Setting(folder, full_length, self.mode, self.workers), claims)
        return claims
