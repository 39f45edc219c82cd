"""Before any load: is the target there, and ready?"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import gevent

from jobload.load.http.addresses import Addresses
from jobload.load.http.dialer import Dialer
from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import ErrorKind, HttpError, http_error_of
from jobload.load.http.origin import Origin
from jobload.load.http.reply import Reply
from jobload.load.http.request_template import RequestTemplate
from jobload.load.http.tls_context import tls_context
from jobload.plan.headers import resolve_headers
from jobload.plan.scenario import Scenario

ANSWERS_WITHIN_S = 10.0
AGAIN_AFTER_S = 0.25
NEVER = float("inf")
NO_CERTIFICATE = b"No required SSL certificate was sent"
"""nginx shakes hands with anybody, and says so in a page."""
ACCEPTS_FOR_S = 2.0
"""A target that takes connections and says nothing is given so long to say something."""
ACCEPTED = frozenset(
    {
        ErrorKind.CLOSED,
        ErrorKind.RESET,
        ErrorKind.TIMEOUT,
        ErrorKind.BAD_REPLY,
        ErrorKind.TOO_LARGE,
    }
)
"""Somebody was there: what a path that nobody has is answered with, says nothing of the others."""


@dataclass(frozen=True, slots=True)
class Probe:
    """`ready` is a path that must answer 2xx or 3xx; without one any sign of life will do, which
    for a `knock` is a connection."""

    origin: Origin
    ready: str | None
    headers: Mapping[str, str]
    tls: ssl.SSLContext | None
    knock: bool = False

    def ask(self, within_s: float) -> Reply:
        path = self.ready or "/"
        request = RequestTemplate("GET", path, self.origin, self.headers, has_body=False)
        client = HttpClient(self.origin, tls=self.tls)
        try:
            return client.exchange(request.render(b""), within_s)
        finally:
            client.close()

    def first_reply(self) -> Reply | None:
        """None: it takes connections. SilenceError when there is no sign of life, or not ready."""
        began_s = perf_counter()
        accepted_s = NEVER
        while True:
            asked_s = perf_counter()
            why: HttpError | _NotReadyError
            try:
                return self._good_reply(began_s + ANSWERS_WITHIN_S - asked_s)
            except (HttpError, _NotReadyError) as error:
                why = error
            if why.kind in ACCEPTED and not self.ready:
                accepted_s = min(accepted_s, asked_s)
            is_late = perf_counter() - began_s > ANSWERS_WITHIN_S - 2 * AGAIN_AFTER_S
            if perf_counter() - accepted_s > (0.0 if is_late else ACCEPTS_FOR_S / 2):
                return None
            if is_late:
                raise SilenceError(self._no_answer(why))
            gevent.sleep(AGAIN_AFTER_S)

    def _good_reply(self, left_s: float) -> Reply | None:
        if self.knock and not self.ready:
            plain = replace(self.origin, scheme="http")  # whom it trusts is for its users to say
            try:
                raw, _ = Dialer(plain, None, Addresses(plain)).dial(left_s)
            except OSError as error:
                raise http_error_of(error) from error
            raw.close()
            return None
        try:
            reply = self.ask(max(0.1, left_s if self.ready else min(left_s, ACCEPTS_FOR_S)))
        except HttpError as error:
            if error.kind in ACCEPTED:
                self._refuse_wrong_scheme()
            raise
        if reply.status == 400:
            self._refuse_wrong_scheme()
            if NO_CERTIFICATE in reply.body:
                raise HttpError(ErrorKind.TLS, "the target asks for a client certificate")
        if self.ready and not 200 <= reply.status < 400:
            raise _NotReadyError(reply.status)
        return reply

    def _refuse_wrong_scheme(self) -> None:
        if self.origin.scheme == "http" and self._speaks_tls():
            raise SilenceError(
                f"What answers at {self.origin} speaks TLS, so no load was sent. Is its address"
                f" {replace(self.origin, scheme='https')}?"
            )

    def _speaks_tls(self) -> bool:
        """Whether what is called over plain HTTP would rather shake hands."""
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        secure = replace(self.origin, scheme="https")
        try:
            raw, _ = Dialer(secure, anybody, Addresses(secure)).dial(ACCEPTS_FOR_S)
        except ssl.SSLError as error:
            return "ALERT" in (error.reason or "")
        except (OSError, HttpError):
            return False
        raw.close()
        return True

    def _no_answer(self, why: HttpError | _NotReadyError) -> str:
        asked = f"GET {self.origin.base_path}{self.ready or '/'}"
        what = f"was not ready ({asked})" if self.ready else f"gave no answer to {asked}"
        if self.knock and not self.ready:
            what = "took no connection"
        reason, advice = why.kind, "Is it running, and is --host right?"
        if why.kind == ErrorKind.TLS:
            reason, advice = str(why), _advice(str(why))
        elif self.ready:
            advice = "Is it running, are --host and the path right?"
        return (
            f"The target {self.origin} {what} within {ANSWERS_WITHIN_S:.0f} s ({reason}), so no"
            f" load was sent. {advice}"
        )


class _NotReadyError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.kind = f"http-{status}"


class SilenceError(Exception):
    """One sentence."""


def _advice(detail: str) -> str:
    if "client certificate" in detail:
        return "Give one in the scenario: tls: {cert: FILE, key: FILE}."
    if "speaks no TLS" in detail:
        return "Is its address http:// instead?"
    if any(flaw in detail for flaw in ("mismatch", "expired", "not yet valid")):
        return (
            "It needs one that is valid now, and for the host that --host names; any is taken with"
            " tls: {verify: false} in the scenario."
        )
    return (
        "Its certificate must be known to this system, to the file in SSL_CERT_FILE, or to the"
        " scenario: tls: {ca: FILE}."
    )


def probes(
    origin: Origin,
    scenarios: Sequence[Scenario],
    ready: str | None,
    environ: Mapping[str, str],
    *,
    knock: bool = False,
) -> Iterator[Probe]:
    """One for each way in which the scenarios see the target; `ready` is said of all of them."""
    seen: set[object] = set()
    for scenario in scenarios:
        path = ready or scenario.ready
        if (path, scenario.tls) in seen:
            continue
        seen.add((path, scenario.tls))
        headers = resolve_headers(scenario.headers, environ) if path else {}
        tls = tls_context(scenario.tls) if origin.scheme == "https" else None
        yield Probe(origin, path, headers, tls, knock)
