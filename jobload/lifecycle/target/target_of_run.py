"""The target of a run: the one that --host names, or the embedded one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from locust.env import Environment

from jobload.lifecycle.options import RunSetup
from jobload.lifecycle.target.embedded import EmbeddedTarget, TargetError
from jobload.lifecycle.target.probe import Probe, SilenceError, probes
from jobload.load.http.allowed_targets import AllowedTargets
from jobload.load.http.origin import Origin, OriginError
from jobload.load.http.reply import Reply
from jobload.load.users.job_follower import JobFollower
from jobload.plan.problem import PlanError, option_problem
from jobload.plan.scenario import Scenario

VERSION_HEADERS = (b"x-app-version", b"x-version")
LONGEST_VERSION = 100
OWN_REDIS = "JOBLOAD_TARGET_REDIS_URL"
"""The user's own Redis instead of an embedded one that ends with the run."""
EMPTY = (
    "is empty (a variable that is not set?). Leave it out to load the embedded target, or name one."
)

__all__ = ["TargetError", "TargetOfRun"]


class TargetOfRun:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._embedded: EmbeddedTarget | None = None
        self.allowed = AllowedTargets(frozenset())
        """Fixed by `start`; nothing that happens later adds to it."""
        self.version: str | None = None
        """What the target said of itself when it last answered, if anything."""

    @property
    def is_aimed_at(self) -> bool:
        """Whether the embedded target is the one of the run."""
        return self._embedded is not None and self._environment.host == self._embedded.url

    @property
    def is_kept_for_more(self) -> bool:
        """Whether what a run leaves in the embedded target would outlive it, and burden others."""
        options: Any = self._environment.parsed_options
        return self.is_aimed_at and (not options.headless or bool(os.environ.get(OWN_REDIS)))

    def start(self) -> None:
        """Starts the embedded target when no host was given; an empty one is a mistake."""
        self.allowed = self._allowed()
        if self._environment.host is None:
            self._embedded = EmbeddedTarget()
            self._environment.host = self._embedded.url

    def prepare_for(self, scenarios: Sequence[Scenario]) -> None:
        """The embedded target gets what the scenarios need: job workers where jobs are followed."""
        needed = int(any(JobFollower.__name__ in s.users_mix for s in scenarios))
        if self.is_aimed_at and self._embedded is not None:
            if self._embedded.job_workers == needed:
                return
            self._embedded.stop()
            self._embedded = EmbeddedTarget(job_workers=needed)
            self._environment.host = self._embedded.url

    def _allowed(self) -> AllowedTargets:
        options: Any = self._environment.parsed_options
        host = self._environment.host
        if host is not None and not host.strip():
            raise PlanError([option_problem("--host", EMPTY)])
        try:
            own = [] if host is None else [Origin.parse(host).host]
            return AllowedTargets.of([*own, *options.allowed_targets])
        except OriginError as error:
            raise PlanError([option_problem("--host", str(error))]) from error

    def stop(self) -> None:
        if self._embedded is not None:
            self._embedded.stop()
            self._embedded = None

    def url(self) -> str:
        """TargetError when there is nothing to aim at, PlanError when it must not be aimed at."""
        host = self._environment.host
        if not host:
            raise TargetError("There is no target: give one with --host, or in the web UI's form.")
        if self.is_aimed_at:
            self._check_embedded()
        try:
            origin = Origin.parse(host)
        except OriginError as error:
            raise PlanError([option_problem("--host", str(error))]) from error
        if sentence := self.allowed.refusal(origin):
            raise PlanError([option_problem("--host", sentence)])
        return str(origin)

    def _check_embedded(self) -> None:
        assert self._embedded is not None
        if self._embedded.ended_by_itself:
            raise TargetError("The embedded target has ended by itself; start jobload again.")

    def refuse_distant(self, workers: frozenset[str]) -> None:
        """The embedded target listens on loopback: workers on other hosts can't reach it."""
        here = socket.gethostname()
        distant = sorted({name for w in workers if (name := w.rpartition("_")[0]) != here} - {""})
        if self.is_aimed_at and distant:
            sentence = (
                f"The embedded target can be reached from this host only, and there are workers on"
                f" {', '.join(distant)}: give a target with --host."
            )
            raise PlanError([option_problem("--host", sentence)])

    def silence(self, setup: RunSetup) -> str | None:
        """One sentence when the target shows no sign of life within ten seconds, or is not ready
        where scenarios name a path for that."""
        for probe in self._probes(setup):
            try:
                reply = probe.first_reply()
            except SilenceError as error:
                return str(error)
            self._note_version(reply)
        return None

    def ask_version(self, setup: RunSetup, within_s: float) -> str | None:
        """None when it says nothing of it; HttpError when it says nothing at all."""
        self._note_version(next(self._probes(setup)).ask(within_s))
        return self.version

    def _probes(self, setup: RunSetup) -> Iterator[Probe]:
        return probes(Origin.parse(self.url()), setup.scenarios, setup.ready, os.environ)

    def _note_version(self, reply: Reply | None) -> None:
        said = next((v for n in VERSION_HEADERS if reply and (v := reply.header(n))), b"")
        own = f"embedded, of jobload {version('jobload')}" if self.is_aimed_at else None
        self.version = _plain(said) or own


def _plain(header: bytes) -> str:
    text = header.decode("ascii", "replace")[:LONGEST_VERSION]
    return "".join(c for c in text if c.isprintable())
