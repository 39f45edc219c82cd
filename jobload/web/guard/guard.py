"""Looks at every request before anything else does."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from jobload.web.guard.own_names import WEB_HOSTS, OwnNames
from jobload.web.guard.refusal import refuse

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
OWN_FETCHES = {None, "same-origin", "none"}
THEMES = {"", "light", "dark"}
CLOSED = {
    "locust.update_user": "User classes are set in the locustfile and by the scenario's users_mix.",
}
PASSED_ON = "; a proxy in front has to pass Host on as it is, with the port"
LARGEST_BODY_BYTES = 64 * 1024


def stand_guard(app: Flask, names: OwnNames) -> None:
    app.debug = False
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY_BYTES

    @app.before_request
    def look() -> Response | None:
        return _foreign_host(names) or _foreign_page() or _closed() or _script_in_theme()


def _foreign_host(names: OwnNames) -> Response | None:
    if names.include(request.headers.get("Host")):
        return None
    return refuse(
        403, f"The Host header names no host of this web UI; {WEB_HOSTS} can name further ones."
    )


def _foreign_page() -> Response | None:
    """Browsers say where a request comes from; what says nothing is no browser."""
    if request.method in SAFE_METHODS:
        return None
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is not None and _host_of(origin) != request.host.lower():
        return refuse(403, f"The request comes from a page of another origin{PASSED_ON}.")
    if request.headers.get("Sec-Fetch-Site") not in OWN_FETCHES:
        return refuse(403, "The request comes from a page of another site.")
    return None


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _closed() -> Response | None:
    reason = CLOSED.get(request.endpoint or "")
    return None if reason is None else refuse(403, reason)


def _script_in_theme() -> Response | None:
    """Locust 2.47 writes this argument into a script of its report as it is."""
    if request.endpoint == "locust.stats_report" and request.args.get("theme", "") not in THEMES:
        return refuse(400, "The theme is light or dark.")
    return None
