"""What browsers are told not to do with these pages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_CSP = (
    "default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _CSP.format(scripts="'self'"),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_LOCUSTS_SCRIPTS = re.compile(r"<script(?= type=\"module\" crossorigin>|>\s*window\.templateArgs)")
_LOCUSTS_PAGES = {"locust.stats_report"}


def add_security_headers(app: Flask) -> None:
    app.after_request(_finish)
    # Around everything, so that no error page is without them, and nothing adds any after this.
    app.wsgi_app = _Headers(app.wsgi_app)  # type: ignore[method-assign]  # Flask's way


class _Headers:
    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, _guarded(headers), *more)

        return self._app(environ, start)


def _guarded(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    kept = [(name, value) for name, value in headers if not name.startswith("Access-Control-")]
    named = {name.lower() for name, _ in kept}
    return kept + [(name, value) for name, value in HEADERS.items() if name.lower() not in named]


def nonce() -> str:
    """Allows the scripts of this one response that carry it."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def allow_no_scripts() -> None:
    """In this response: it shows what others have written."""
    g.no_scripts = True


def allow_only(script_hash: str) -> None:
    """In this response: the one script that has this hash, whatever others have written."""
    g.script_hash = script_hash


def with_nonce(page: str) -> str:
    """Locust's page, with its two scripts allowed and nothing else."""
    return _LOCUSTS_SCRIPTS.sub(f'<script nonce="{nonce()}"', page, count=2)


def _scripts() -> str | None:
    if "no_scripts" in g:
        return "'none'"
    if "script_hash" in g:
        return f"'{g.script_hash}'"
    return f"'self' 'nonce-{g.nonce}'" if "nonce" in g else None


def _finish(response: Response) -> Response:
    if request.endpoint in _LOCUSTS_PAGES and response.status_code == 200:
        response.set_data(with_nonce(response.get_data(as_text=True)))
    if (scripts := _scripts()) is not None:
        response.headers["Content-Security-Policy"] = _CSP.format(scripts=scripts)
    if request.endpoint != "locust.send_assets" and not (request.endpoint or "").endswith("static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
