"""The login, with Locust's own `--web-login` underneath."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from flask import Blueprint, Flask, Response, redirect, render_template, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_user,
    logout_user,
)
from locust.web import WebUI
from werkzeug.wrappers import Response as AnyResponse

from jobload.web.guard.refusal import log_refusal, refuse
from jobload.web.login.attempts import Attempts
from jobload.web.login.key import Key
from jobload.web.metrics.metrics_page import ENDPOINT as METRICS

OPEN = {
    "jobload.login",
    "jobload.enter",
    "jobload.static",
    "jobload.report_css",
    "locust.send_assets",
    METRICS,
}
MOST_INSIDE = 1000
logger = logging.getLogger("jobload")


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Whoever has opened the door, from one login to its logout."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(16)


class Login:
    def __init__(self, key: Key) -> None:
        self.key = key
        self._attempts = Attempts()
        self._inside: dict[str, Visitor] = {}

    def lock(self, web_ui: WebUI, pages: Blueprint, secure: bool) -> None:
        app = web_ui.app
        assert app is not None
        _set_up_session(app, web_ui.port, secure)
        manager = LoginManager()
        manager.session_protection = "strong"
        manager.login_view = "jobload.login"
        manager.user_loader(self._inside.get)
        manager.init_app(app)
        web_ui.login_manager = manager
        web_ui.web_login = True
        app.before_request(self._look)
        app.view_functions["locust.login"] = lambda: redirect(url_for("jobload.login"))
        pages.add_url_rule("/login", "login", self._login, methods=["GET"])
        pages.add_url_rule("/login", "enter", lambda: self._try(request.form), methods=["POST"])
        pages.add_url_rule("/logout", "logout", self._leave, methods=["POST"])

    def _look(self) -> AnyResponse | None:
        if request.endpoint in OPEN or current_user.is_authenticated:
            return None
        if request.method != "GET" or request.accept_mimetypes.best == "application/json":
            return refuse(401, "Log in first.")
        if request.endpoint in ("locust.index", "locust.login") or _is_navigation():
            return redirect(url_for("jobload.login", next=_local(request.full_path)))
        return Response("Log in first.\n", 401, content_type="text/plain")

    def _login(self) -> AnyResponse | str:
        """The link of the log opens; a password in an address would stay in histories and logs."""
        link = self.key.asks_for == "token" and "token" in request.args
        if link and request.method == "GET" and _is_navigation():
            return self._try(request.args)
        return self._page("")

    def _try(self, given: Mapping[str, str]) -> AnyResponse | str:
        who = request.remote_addr or "unknown"
        if self.key.can_be_guessed:
            if wait_s := self._attempts.wait_s(who):
                sentence = f"Too many wrong attempts. The next one is looked at in {wait_s} s."
                log_refusal(sentence)
                return self._page(sentence, 429, {"Retry-After": str(wait_s)})
            # Before it is looked at, so that attempts that come together count as well.
            self._attempts.failed(who)
        if not self.key.opens(given):
            sentence = f"Wrong {self.key.asks_for}."
            log_refusal(sentence)
            return self._page(sentence, 403)
        self._attempts.forgive(who)
        self._let_in()
        logger.info("Login from %s", who)
        # A page and no redirect: what a foreign page led here would get no Strict cookie back.
        target = _local(request.values.get("next", "")) or url_for("locust.index")
        return render_template("jobload/entered.html", target=target)

    def _let_in(self) -> None:
        visitor = Visitor()
        self._inside[visitor.id] = visitor
        if len(self._inside) > MOST_INSIDE:
            del self._inside[next(iter(self._inside))]
        login_user(visitor)

    def _page(
        self, error: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> AnyResponse:
        page = render_template(
            "jobload/login.html",
            error=error,
            asks_for=self.key.asks_for,
            next=_local(request.values.get("next", "")),
        )
        return Response(page, status, headers)

    def _leave(self) -> AnyResponse:
        """For good: a copy of the cookie opens nothing either."""
        self._inside.pop(current_user.id, None)
        logout_user()
        return redirect(url_for("jobload.login"))


class _Sessions(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        """Behind a proxy that is named the browser may have come with TLS, and we without."""
        return request.is_secure or super().get_cookie_secure(app)


def _set_up_session(app: Flask, port: int, secure: bool) -> None:
    """A cookie of its own: browsers send it to each port of a host; proxies have paths."""
    app.session_interface = _Sessions()
    app.secret_key = secrets.token_bytes(32)
    app.config.update(
        SESSION_COOKIE_NAME=f"jobload-{port}",
        SESSION_COOKIE_PATH=app.blueprints["locust"].url_prefix or "/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=secure,
    )


def _is_navigation() -> bool:
    """Without TLS browsers tell other hosts no Sec-Fetch-Mode, but what they would like to get."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is None and request.headers.get("Accept") is not None:
        return "text/html" in request.headers["Accept"]
    return mode in (None, "navigate")


def _local(path: str) -> str:
    """The path if it stays on this site."""
    path = path.rstrip("?")
    plain = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if plain and "\\" not in path else ""
