"""What browsers are told not to do with these pages."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_CSP = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; font-src 'self' data:; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_LOCUSTS_SCRIPTS = re.compile(r"<script(?= type=\"module\" crossorigin>|>\s*window\.templateArgs)")
_LOCUSTS_PAGES = {"locust.stats_report"}


def add_security_headers(app: Flask) -> None:
    """To be called when all other listeners are there: Flask asks the first of them last."""
    app.after_request_funcs.setdefault(None, []).insert(0, _finish)


def nonce() -> str:
    """Allows the scripts of this one response that carry it."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def with_nonce(page: str) -> str:
    """Locust's page, with its two scripts allowed and nothing else."""
    return _LOCUSTS_SCRIPTS.sub(f'<script nonce="{nonce()}"', page, count=2)


def _finish(response: Response) -> Response:
    if request.endpoint in _LOCUSTS_PAGES and response.status_code == 200:
        response.set_data(with_nonce(response.get_data(as_text=True)))
    for name in [name for name, _ in response.headers if name.startswith("Access-Control-")]:
        del response.headers[name]
    for name, value in HEADERS.items():
        response.headers[name] = value
    allowed = f" 'nonce-{g.nonce}'" if "nonce" in g else ""
    response.headers.setdefault("Content-Security-Policy", _CSP.format(nonce=allowed))
    if request.endpoint != "locust.send_assets" and not (request.endpoint or "").endswith("static"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
