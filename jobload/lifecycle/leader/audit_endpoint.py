"""What a target tells a tester about one of its runs, where it has such an endpoint."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import gevent

from jobload.load.http.http_client import HttpClient
from jobload.load.http.http_error import HttpError
from jobload.load.http.json_body import parsed_or_none
from jobload.load.http.origin import Origin
from jobload.load.http.reply import Reply
from jobload.load.http.request_template import RequestTemplate
from jobload.load.http.retry_after import asked_wait_s

PAGE = 1000
PAGE_TIMEOUT_S = 10.0
AGAIN_AFTER_S = 0.2
MOST_TRIES = 10
NOT_NOW = frozenset({429, *range(500, 600)})


class CannotAuditError(Exception):
    """One sentence on why."""


class AuditEndpoint:
    def __init__(
        self,
        origin: Origin,
        run_id: str,
        headers: Mapping[str, str],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._origin = origin
        self._headers = dict(headers)
        self._path = f"/-/runs/{run_id}"
        self._client = HttpClient(origin, tls=tls)

    def close(self) -> None:
        self._client.close()

    def held_keys(self) -> Iterator[str]:
        """Of the operations that the target holds, once for each time that it holds one."""
        cursor = ""
        while True:
            page = _page(self._ask("GET", f"{self._path}/operations?limit={PAGE}{cursor}"))
            for operation in page["operations"]:
                if isinstance(key := operation.get("key"), str):
                    yield key
            if not page.get("next"):
                return
            cursor = f"&cursor={quote(str(page['next']), safe='')}"

    def forget(self) -> None:
        """Removes the run with its jobs."""
        self._ask("DELETE", self._path)

    def _ask(self, method: str, path: str) -> Reply:
        """Asks again as an operation would be tried again: one hiccup says nothing of the run."""
        request = RequestTemplate(method, path, self._origin, self._headers, has_body=False)
        for tried in range(1, MOST_TRIES + 1):
            try:
                reply = self._client.exchange(request.render(b""), PAGE_TIMEOUT_S)
            except HttpError as error:
                why = f"the target did not answer the audit ({error.kind})"
                wait_s = AGAIN_AFTER_S
            else:
                if reply.status not in NOT_NOW:
                    return reply
                why = f"the target answered the audit with status {reply.status}"
                wait_s = asked_wait_s(reply) or AGAIN_AFTER_S
            if tried < MOST_TRIES:
                gevent.sleep(wait_s)
        raise CannotAuditError(why)


def _page(reply: Reply) -> dict[str, Any]:
    if reply.status == 404:
        raise CannotAuditError("the target has no audit endpoint (/-/runs/{run_id}/operations)")
    if reply.status != 200:
        raise CannotAuditError(f"the target answered the audit with status {reply.status}")
    page = parsed_or_none(reply.content)
    operations = page.get("operations") if isinstance(page, dict) else None
    if not isinstance(operations, list) or not all(isinstance(o, dict) for o in operations):
        raise CannotAuditError("the target answered the audit with something else than operations")
    return {"operations": operations, "next": page.get("next")}
