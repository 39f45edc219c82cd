"""Where requests go: the part of an address that all of them share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from jobload.plan.request import path_flaw

DEFAULT_PORTS = {"http": 80, "https": 443}
EXAMPLE = "Expected something like http://127.0.0.1:8000."
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?")
_TWO_HOSTS = re.compile("[ßς\u200c\u200d]")
"""Browsers keep these; Python's IDNA, of 2003, makes another name of them."""
_NOT_IN_A_URL = re.compile(r"[^!-~\u00a1-\U0010ffff]")


class OriginError(ValueError):
    """One sentence on what is wrong with the address; it never repeats credentials."""


@dataclass(frozen=True, slots=True)
class Origin:
    scheme: str
    host: str
    port: int
    base_path: str
    """What comes before every endpoint, without a slash at its end: "" or "/api"."""
    host_header: str

    @classmethod
    def parse(cls, text: str) -> Origin:
        url = _split(text.strip())
        host = _host(url)
        port = _port(url) or DEFAULT_PORTS[url.scheme]
        shown = f"[{host}]" if ":" in host else host
        if port != DEFAULT_PORTS[url.scheme]:
            shown += f":{port}"
        return cls(url.scheme, host, port, _base_path(url), shown)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.base_path}"


def _split(text: str) -> SplitResult:
    if "@" in text.split("://", 1)[-1].split("/", 1)[0]:
        raise OriginError(
            "The target's address carries credentials (something before an @). Leave them out and"
            " send them as a header whose value comes from the environment, ${NAME}."
        )
    if _NOT_IN_A_URL.search(text):
        raise OriginError(f"The target's address has a space or control character in it. {EXAMPLE}")
    try:
        url = urlsplit(text)
    except ValueError:
        raise OriginError(f"The target's address has a broken IPv6 host. {EXAMPLE}") from None
    if "://" not in text:
        raise OriginError(f"The target's address has no scheme (http:// or https://). {EXAMPLE}")
    if url.scheme not in DEFAULT_PORTS:
        raise OriginError(
            f"The target's address has the scheme {url.scheme!r}; expected http or https."
        )
    if url.query or url.fragment:
        raise OriginError(
            "The target's address has a query or fragment; expected scheme, host, port."
        )
    return url


def _host(url: SplitResult) -> str:
    host = url.hostname
    if not host:
        raise OriginError(f"The target's address has no host. {EXAMPLE}")
    if ":" in host:
        return _ipv6(host)
    if found := _TWO_HOSTS.search(host):
        raise OriginError(
            f"The target's address has a host with {found[0]!a}, which means one host or another;"
            " write it in ASCII, as in http://xn--fa-hia.example."
        )
    try:
        host = host.encode("ascii").decode() if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        host = ""
    labels = host.removesuffix(".").split(".")
    if not _HOST_NAME.fullmatch(host) or not all(0 < len(label) < 64 for label in labels):
        raise OriginError(f"The target's address has a host that is no name or IP. {EXAMPLE}")
    return host


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host)
    except ValueError:
        address = None
    if address is None or address.scope_id:
        raise OriginError(
            "The target's address has a broken IPv6 host; expected one like http://[::1]:8000."
        )
    return str(address)


def _port(url: SplitResult) -> int | None:
    try:
        port = url.port
    except ValueError:
        port = 0
    if port == 0:
        # The text is not shown: what stands after the colon may have been meant as a password.
        raise OriginError("The target's address has a port that is no number from 1 to 65535.")
    return port


def _base_path(url: SplitResult) -> str:
    if not url.path.isascii():
        raise OriginError("The target's address has a path that is not ASCII; percent-encode it.")
    if flaw := path_flaw(url.path):
        raise OriginError(f"The target's address has a path that can't be sent: {flaw}.")
    return url.path.rstrip("/")
