"""The target of a run: the one that --host names, or the embedded one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from locust.env import Environment

from jobload.lifecycle.run_setup import RunSetup
from jobload.lifecycle.target.embedded import EmbeddedTarget, TargetError
from jobload.lifecycle.target.own_hosts import OwnHosts
from jobload.lifecycle.target.probe import Probe, SilenceError, probes
from jobload.lifecycle.user_mix import users_of
from jobload.load.http.allowed_targets import AllowedTargets
from jobload.load.http.origin import Origin, OriginError
from jobload.load.http.reply import Reply
from jobload.load.users.job_follower import JobFollower
from jobload.plan.problem import PlanError, option_problem
from jobload.plan.scenario import Scenario
from jobload.report.result.redact import redacted

VERSION_HEADERS = (b"x-app-version", b"x-version")
LONGEST_VERSION = 100
OWN_REDIS = "JOBLOAD_TARGET_REDIS_URL"
"""The user's own Redis instead of an embedded one that ends with the run."""
EMPTY = (
    "is empty (a variable that is not set?). Leave it out to load the embedded target, or name one."
)


class TargetOfRun:
    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._embedded: EmbeddedTarget | None = None
        self.own_hosts = OwnHosts(users_of(environment))
        self.allowed = AllowedTargets(frozenset())
        """Fixed by `start`; nothing that happens later adds to it."""
        self.version: str | None = None
        """What the target said of itself when it last answered, if anything."""

    @property
    def is_aimed_at(self) -> bool:
        """Whether the embedded target is the one of the run."""
        return self._embedded is not None and self._aim == self._embedded.url

    @property
    def _aim(self) -> str | None:
        embedded = self._embedded.url if self._embedded is not None else None
        return self._environment.host or embedded

    @property
    def is_kept_for_more(self) -> bool:
        """Whether what a run leaves in the embedded target would outlive it, and burden others."""
        options: Any = self._environment.parsed_options
        return self.is_aimed_at and (not options.headless or bool(os.environ.get(OWN_REDIS)))

    def start(self, early: EmbeddedTarget | None = None) -> None:
        """Starts the embedded target, or takes the one that was started early, when neither the
        command line nor the users name a host; an empty one is a mistake."""
        self.allowed = self._allowed()
        if self._environment.host is None and not self.own_hosts.are_everyones:
            self._embed(early or EmbeddedTarget())
        elif early is not None:
            early.stop()

    def _embed(self, embedded: EmbeddedTarget) -> None:
        """Locust gives the host of the environment to all users, those that name one as well."""
        url = embedded.url
        self._embedded = embedded
        if not self.own_hosts.hosts:
            self._environment.host = url

    def prepare_for(self, scenarios: Sequence[Scenario]) -> None:
        """The embedded target gets what the scenarios need: job workers where jobs are followed.
        Its address stays, which the start form has; one that a stop of the test kept from coming
        back does so with the next."""
        needed = int(any(JobFollower.__name__ in s.users_mix for s in scenarios))
        if self._embedded is not None and self.is_aimed_at:
            if self._embedded.job_workers == needed and not self._embedded.is_stopped:
                return
            self._embedded.stop()
            port = Origin.parse(self._embedded.url).port
            self._embed(EmbeddedTarget(job_workers=needed, port=port))

    def _allowed(self) -> AllowedTargets:
        options: Any = self._environment.parsed_options
        host = self._environment.host
        if host is not None and not host.strip():
            raise PlanError([option_problem("--host", EMPTY)])
        own = self.own_hosts.origins() if host is None else [self._parsed(host)]
        try:
            return AllowedTargets.of([*(o.host for o in own if o), *options.allowed_targets])
        except OriginError as error:
            raise PlanError([option_problem("--host", str(error))]) from error

    def _parsed(self, host: str) -> Origin | None:
        """None for what is no address of a web server, or has a password: where all users are
        somebody's own, that is between the two."""
        try:
            return Origin.parse(host)
        except OriginError as error:
            if self.own_hosts.all_users_are_own:
                return None
            raise PlanError([option_problem("--host", str(error))]) from error

    def stop(self) -> None:
        if self._embedded is not None:
            self._embedded.stop()
            self._embedded = None

    def origin(self) -> Origin | None:
        """None: each user knows its own. TargetError when there is nothing to aim at, PlanError
        when it must not be aimed at."""
        host = self._aim
        if not host and self.own_hosts.are_everyones:
            return None
        if not host:
            raise TargetError("There is no target: give one with --host, or in the web UI's form.")
        if self._embedded is not None and self.is_aimed_at and self._embedded.ended_by_itself:
            raise TargetError("The embedded target has ended by itself; start jobload again.")
        origin = self._parsed(host)
        if origin is None:
            return None
        if sentence := self.allowed.refusal(origin):
            raise PlanError([option_problem("--host", sentence)])
        return origin

    def text(self) -> str:
        origin = self.origin()
        own = self._environment.host or self.own_hosts.text
        return redacted(own) if origin is None else str(origin)

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
        if (probe := next(self._probes(setup), None)) is not None:
            self._note_version(probe.ask(within_s))
        return self.version

    def _probes(self, setup: RunSetup) -> Iterator[Probe]:
        """What somebody's own users ask for is theirs to say: they are only knocked for."""
        origin = self.origin()
        knock = self.own_hosts.any_user_is_own and not self.is_aimed_at
        named = [] if self._environment.host else self.own_hosts.origins()
        for each in named if origin is None else [origin]:
            yield from probes(each, setup.scenarios, setup.ready, os.environ, knock=knock)

    def _note_version(self, reply: Reply | None) -> None:
        said = next((v for n in VERSION_HEADERS if reply and (v := reply.header(n))), b"")
        own = f"embedded, of jobload {version('jobload')}" if self.is_aimed_at else None
        self.version = _plain(said) or own


def _plain(header: bytes) -> str:
    text = header.decode("ascii", "replace")[:LONGEST_VERSION]
    return "".join(c for c in text if c.isprintable())
