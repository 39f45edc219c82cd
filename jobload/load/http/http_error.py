"""Why an exchange failed, in words that can be counted."""

from __future__ import annotations

import errno
import ssl
from enum import StrEnum


class ErrorKind(StrEnum):
    DNS = "dns"  # the host's name has no address
    CONNECT_REFUSED = "connect-refused"  # nothing listens there
    CONNECT_TIMEOUT = "connect-timeout"  # no connection (with TLS: no handshake) in time
    UNREACHABLE = "unreachable"  # no route to the host
    TLS = "tls"  # certificate, host name or handshake
    TIMEOUT = "timeout"  # connected, but no complete reply in time
    RESET = "reset"  # the server broke the connection off
    STALE = "stale-connection"  # the server ended a kept connection just as it was used again
    CLOSED = "closed"  # the server ended the connection before its reply was complete
    BAD_REPLY = "bad-reply"  # not HTTP/1
    TOO_LARGE = "too-large"  # the reply passed the size limit
    OUT_OF_PORTS = "out-of-ports"  # the load generator has no local port left
    OUT_OF_FILES = "out-of-files"  # the load generator has no file descriptor left
    NETWORK = "network"  # any other error of the operating system; the detail names it


OUT_OF_TIME = frozenset({ErrorKind.TIMEOUT, ErrorKind.CONNECT_TIMEOUT})
"""The tester gave it up: with more patience it would have taken longer."""
OWN_LACKS = frozenset({ErrorKind.OUT_OF_PORTS, ErrorKind.OUT_OF_FILES})
"""The target was never asked."""


class HttpError(Exception):
    """An exchange without a reply, given up `after_s`. `kind` is for counting, `detail` for
    people."""

    def __init__(self, kind: ErrorKind, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind: str = kind.value
        self.detail = detail
        self.after_s = 0.0

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


_KIND_OF_ERRNO = {
    errno.ECONNREFUSED: ErrorKind.CONNECT_REFUSED,
    errno.ECONNRESET: ErrorKind.RESET,
    errno.ECONNABORTED: ErrorKind.RESET,
    errno.EPIPE: ErrorKind.RESET,
    errno.ETIMEDOUT: ErrorKind.TIMEOUT,
    errno.EHOSTUNREACH: ErrorKind.UNREACHABLE,
    errno.ENETUNREACH: ErrorKind.UNREACHABLE,
    errno.EHOSTDOWN: ErrorKind.UNREACHABLE,
    errno.ENETDOWN: ErrorKind.UNREACHABLE,
    errno.EADDRNOTAVAIL: ErrorKind.OUT_OF_PORTS,
    errno.EMFILE: ErrorKind.OUT_OF_FILES,
    errno.ENFILE: ErrorKind.OUT_OF_FILES,
}


def http_error_of(error: OSError) -> HttpError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return HttpError(ErrorKind.TLS, f"certificate not accepted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        reason = error.reason or str(error)
        return HttpError(ErrorKind.TLS, _why_no_tls(reason))
    kind = _KIND_OF_ERRNO.get(error.errno or 0, ErrorKind.NETWORK)
    return HttpError(kind, error.strerror or type(error).__name__)


def _why_no_tls(reason: str) -> str:
    """What OpenSSL calls it, and what that means here."""
    if "CERTIFICATE_REQUIRED" in reason:
        return "the target asks for a client certificate"
    if reason == "WRONG_VERSION_NUMBER":
        return "what answers speaks no TLS; plain http://, it seems"
    if "ALERT" not in reason:
        return reason
    if "HANDSHAKE_FAILURE" in reason:
        return f"{reason}: the target may ask for a client certificate, or for other ciphers"
    if "CERT" in reason or "UNKNOWN_CA" in reason:
        return f"{reason}: the target does not accept the client certificate"
    return reason
