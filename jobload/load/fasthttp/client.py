"""The client of Locust's FastHttpUser, for one user: what ours does not do, and the same accounts.

An attempt may be several requests when it is redirected; its timeout covers them all.
"""

from __future__ import annotations

import ssl
from time import perf_counter

from jobload.load.fasthttp.connections import Connections
from jobload.load.fasthttp.packed_body import unpacked
from jobload.load.fasthttp.reply import FastHttpReply
from jobload.load.fasthttp.sender import Sender
from jobload.load.fasthttp.session import Session
from jobload.load.fasthttp.written_request import WrittenRequest
from jobload.load.http.connection import TimedOutError
from jobload.load.http.http_client import MAX_RESPONSE_BYTES
from jobload.load.http.http_error import ErrorKind, HttpError, http_error_of
from jobload.load.http.kernel_clock import NOT_STAMPED_S
from jobload.load.http.origin import Origin
from jobload.load.http.readiness import deadline
from jobload.load.http.reply import Reply


class FastHttpClient:
    """`max_response_bytes` limits a reply as received, and its body once more when unpacked."""

    def __init__(
        self,
        origin: Origin,
        *,
        connect_timeout_s: float = 5.0,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._base_url = f"{origin.scheme}://{origin.host_header}"
        self._max_response_bytes = max_response_bytes
        self._connections = Connections(origin, connect_timeout_s, tls)
        self._session = Session(Sender(origin, self._connections, max_response_bytes))

    def exchange(self, request: bytes, timeout_s: float, *, expect_body: bool = True) -> Reply:
        """As HttpClient's; whether a body is to be expected, the method says here."""
        began_s = perf_counter()
        written = WrittenRequest.read(request)
        written.headers.setdefault("Accept-Encoding", "gzip")
        try:
            with deadline(timeout_s, TimedOutError):
                reply = self._reply_to(written)
        except TimedOutError:
            raise self._after(began_s, self._timed_out(timeout_s)) from None
        except OSError as error:
            raise self._after(began_s, http_error_of(error)) from None
        except HttpError as error:
            raise self._after(began_s, error) from None
        reply.read_s, reply.lag_s = perf_counter(), NOT_STAMPED_S
        reply.target_s = reply.read_s - began_s
        return reply

    def close(self) -> None:
        self._connections.close()

    def _reply_to(self, written: WrittenRequest) -> Reply:
        url = self._base_url + written.target
        answer = self._session.urlopen(
            url, written.method, headers=written.headers, payload=written.body or None
        )
        with answer:
            body = answer.read()
        coding = str(answer.headers.get("content-encoding", ""))
        body = unpacked(body, coding, self._max_response_bytes)
        return FastHttpReply(answer.status_code, body, b"", headers=answer.headers)

    def _after(self, began_s: float, error: HttpError) -> HttpError:
        error.after_s = perf_counter() - began_s
        return error

    def _timed_out(self, timeout_s: float) -> HttpError:
        if self._connections.is_connecting:
            limit_s = min(timeout_s, self._connections.connect_timeout_s)
            detail = f"no connection to {self._base_url} within {limit_s:g} s"
            return HttpError(ErrorKind.CONNECT_TIMEOUT, detail)
        return HttpError(ErrorKind.TIMEOUT, f"no complete reply within {timeout_s:g} s")
