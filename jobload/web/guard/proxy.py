"""A proxy in front of the web UI, once it is named: what it says of the browser is believed.

Without that, all browsers share its address, and a cookie never knows of the proxy's TLS.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from jobload.web.login.key import WebSettingsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WEB_PROXY = "JOBLOAD_WEB_PROXY"


def believe_proxy(app: Flask, named: str) -> None:
    """`named` has the addresses of proxies, with commas between them."""
    texts = [text.strip() for text in named.split(",") if text.strip()]
    try:
        addresses = frozenset(map(_plain, texts))
    except ValueError:
        raise WebSettingsError(
            f"{WEB_PROXY} names no address; expected that of the proxy, such as 127.0.0.1."
        ) from None
    if addresses:
        app.wsgi_app = _FromProxy(app.wsgi_app, addresses)  # type: ignore[method-assign]  # Flask's way


def _plain(text: str) -> IPv4Address | IPv6Address:
    """A server that listens on IPv6 too writes addresses of IPv4 as such of IPv6."""
    address = ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


class _FromProxy:
    def __init__(
        self, app: WSGIApplication, addresses: frozenset[IPv4Address | IPv6Address]
    ) -> None:
        self._direct = app
        self._through = ProxyFix(app, x_for=1, x_proto=1, x_host=0)
        self._addresses = addresses

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        through = _plain(environ["REMOTE_ADDR"]) in self._addresses
        return (self._through if through else self._direct)(environ, start_response)
