"""Redirects and cookies of one user, as Locust's own user agent handles them."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import Any, Never

from geventhttpclient.header import Headers
from geventhttpclient.useragent import ConnectionError as AgentError
from geventhttpclient.useragent import RetriesExceeded
from locust.contrib.fasthttp import FastRequest, FastResponse, LocustUserAgent

from jobload.load.fasthttp.sender import Sender
from jobload.load.http.http_error import ErrorKind, HttpError

MAX_REDIRECTS = 10


class StayingRequest(FastRequest):
    """Is redirected within the target's scheme, host and port only: load and secrets stay there."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._has_cookie_of_its_own = "cookie" in self.headers

    @property
    def target(self) -> str:
        """As the scenario has written it; what a server writes may have to be quoted."""
        if self.unverifiable:
            return self.url_split.quoted_uri
        return "/" + self.url.split("/", 3)[3]

    def redirect(self, code: int, location: str) -> None:
        try:
            super().redirect(code, location)
            # The library sends no target with two slashes at its start.
            stays = self._is_same_origin() and not self.target.startswith("//")
        except (ValueError, AgentError):
            stays = False
        if not stays:
            # Not cut: half a secret would not be recognised as one.
            detail = f"{code} to another address than the target's: {location}"
            raise HttpError(ErrorKind.REDIRECT, detail)

    def _drop_cookies(self) -> None:
        """Those of the jar, which will be asked again; never what the scenario has written."""
        if not self._has_cookie_of_its_own:
            super()._drop_cookies()


class Session(LocustUserAgent):
    """Never retries, and takes any status for an answer: both are the user's to decide."""

    request_type = StayingRequest

    def __init__(self, sender: Sender) -> None:
        super().__init__(max_retries=0, max_redirects=MAX_REDIRECTS, cookiejar=CookieJar())
        self.default_headers = Headers()
        self._sender = sender

    # What Locust and geventhttpclient leave to subclasses.

    def _urlopen(self, request: Any) -> FastResponse:
        answer = self._sender.request(
            request.method, request.target, request.payload, request.headers
        )
        return FastResponse(answer, request)

    def _verify_status(self, status_code: int, url: Any = None) -> None:
        pass

    def _handle_error(self, e: BaseException, url: Any = None) -> Never:
        """Not returned: some errors would come out as others, our own deadline among them."""
        if isinstance(e, RetriesExceeded):
            raise HttpError(ErrorKind.REDIRECT, f"more than {MAX_REDIRECTS} redirects") from None
        raise e
