"""The Prometheus of `observe:`, and how it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from jobload.lifecycle.observe.query_answer import NoFigureError, figure
from jobload.load.http.addresses import Addresses
from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError
from jobload.load.http.origin import Origin, OriginError
from jobload.load.http.request_template import RequestTemplate
from jobload.load.http.secrets import Secrets
from jobload.load.http.tls_context import tls_context
from jobload.plan.headers import resolve_headers
from jobload.plan.observe import Observe
from jobload.plan.problem import PlanError, option_problem

WITHIN_S = 2.0
"""Everything of one question: what takes longer is no figure of that instant."""
MOST_BYTES = 64 * 1024
"""Of an answer: one figure is wanted, not thousands of series."""
MOST_SHOWN = 200


class Prometheus:
    """PlanError when it can't be asked at all, for want of a variable or a certificate."""

    def __init__(self, observe: Observe, environ: Mapping[str, str]) -> None:
        self.address = observe.prometheus
        self.within_s = min(WITHIN_S, observe.every_s)
        self._secrets = Secrets([observe.headers], environ)
        self._origin = origin_of(observe)
        self._addresses = Addresses(self._origin)
        try:
            self._headers = resolve_headers(observe.headers, environ)
            self._tls = tls_context(observe.tls)
        except PlanError as error:
            of_ours = [replace(each, key=f"observe.{each.key}") for each in error.errors]
            raise PlanError(of_ours) from None

    def connection(self) -> HttpClient:
        """To be used by one greenlet."""
        return HttpClient(
            self._origin,
            max_response_bytes=MOST_BYTES,
            tls=self._tls,
            addresses=self._addresses,
        )

    def request(self, query: str) -> bytes:
        """Without a time: it is answered for the server's own now, so clocks need not agree."""
        # In bare seconds: with a unit Prometheus takes whole numbers only.
        path = f"/api/v1/query?{urlencode({'query': query, 'timeout': self.within_s})}"
        return RequestTemplate("GET", path, self._origin, self._headers, has_body=False).render(b"")

    def ask(self, client: HttpClient, request: bytes) -> float:
        """NoFigureError when there is none, within `within_s`."""
        try:
            reply = client.exchange(request, self.within_s)
        except HttpError as error:
            raise NoFigureError("unreachable", self._secrets.redact(str(error))) from None
        try:
            return figure(reply.status, reply.content)
        except NoFigureError as error:
            # Masked, then cut: half a secret would not be recognised.
            example = self._secrets.redact(error.example)[:MOST_SHOWN]
            raise NoFigureError(error.lack, example) from None


def origin_of(observe: Observe) -> Origin:
    try:
        return Origin.parse(observe.prometheus)
    except OriginError as error:
        sentence = str(error).replace("The target's address", "The address")
        raise PlanError([option_problem("observe", sentence, key="prometheus")]) from None
