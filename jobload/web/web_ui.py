"""Adds jobload's pages, tabs and guards to Locust's web UI."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import gevent
from flask import Blueprint
from locust.web import WebUI

from jobload.live.check_watch import CheckWatch
from jobload.plan.loopback import leads_to_loopback
from jobload.web.guard.guard import stand_guard
from jobload.web.guard.own_names import OwnNames, further_names
from jobload.web.guard.proxy import WEB_PROXY, believe_proxy
from jobload.web.guard.security_headers import add_security_headers
from jobload.web.guard.slow_clients import expect_requests_in_time
from jobload.web.live.live_seconds import LiveSeconds
from jobload.web.live.tabs import add_tabs
from jobload.web.login.key import Key, OneTimeToken, find_password
from jobload.web.login.login import Login
from jobload.web.metrics.metrics_page import add_metrics
from jobload.web.run_control import RunControl
from jobload.web.runs.run_pages import RunPages
from jobload.web.runs.run_store import RunStore
from jobload.web.start.start_page import replace_start_page

HERE = Path(__file__).parent
logger = logging.getLogger("jobload")


def add_pages(web_ui: WebUI, control: RunControl, environ: Mapping[str, str] = os.environ) -> None:
    """To be called before the server starts. WebSettingsError when a setting can't be used."""
    app = web_ui.app
    assert app is not None
    store = RunStore(control.results_dir)
    pages = Blueprint(
        "jobload",
        __name__,
        url_prefix=_base_path(web_ui) + "/jobload",
        template_folder=str(HERE / "templates"),
        static_folder=str(HERE / "static"),
    )
    stand_guard(app, OwnNames(web_ui.host, further_names(environ)))
    if (key := find_key(web_ui, environ)) is not None:
        Login(key).lock(web_ui, pages, secure=bool(web_ui.tls_cert))
        _warn_without_tls(web_ui)
    pages.context_processor(lambda: {"can_log_out": key is not None})
    replace_start_page(web_ui, control, store)
    watch, seconds = CheckWatch(control), LiveSeconds(control)
    add_tabs(web_ui, control, watch)
    RunPages(control, store, watch, seconds).add_to(pages)
    add_metrics(app, control, watch, environ, key is not None, _base_path(web_ui))
    app.register_blueprint(pages)
    add_security_headers(app)
    believe_proxy(app, environ.get(WEB_PROXY, ""))
    expect_requests_in_time()
    gevent.spawn(_every_second, watch.look, seconds.look)


def _every_second(*looks: Callable[[], None]) -> None:
    while True:
        gevent.sleep(1.0)
        for look in looks:
            try:
                look()
            except Exception:
                # The run goes on, and its verdict does not come from here.
                logger.exception("What the web UI shows of the run could not be brought up to date")


def find_key(web_ui: WebUI, environ: Mapping[str, str]) -> Key | None:
    """None on loopback, unless a password was set or Locust's --web-login asks for one.

    A further name, or a proxy, leads here from elsewhere, whatever the server is bound to.
    """
    password = find_password(environ)
    if password is not None:
        return password
    only_here = all(map(leads_to_loopback, (web_ui.host, *further_names(environ))))
    if only_here and not environ.get(WEB_PROXY, "").strip() and not web_ui.web_login:
        return None
    return OneTimeToken(_announcer(web_ui))


def _warn_without_tls(web_ui: WebUI) -> None:
    if not web_ui.tls_cert and not leads_to_loopback(web_ui.host):
        logger.warning(
            "Logins to the web UI travel unencrypted; --tls-cert and --tls-key change that."
        )


def _announcer(web_ui: WebUI) -> Callable[[str], None]:
    """To standard error and not through `logging`, whose lines the UI's Logs tab shows."""

    def announce(token: str) -> None:
        scheme = "https" if web_ui.tls_cert else "http"
        print("The web UI asks for a login. This link opens it once:", file=sys.stderr)
        for name in _names(web_ui.host):
            link = f"{scheme}://{name}:{web_ui.port}{_base_path(web_ui)}/jobload/login"
            print(f"    {link}?token={token}", file=sys.stderr, flush=True)

    return announce


def _names(host: str) -> list[str]:
    """Those by which what listens there is found in an address."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        return ["127.0.0.1", socket.gethostname()]
    return [f"[{host}]" if ":" in host else host]


def _base_path(web_ui: WebUI) -> str:
    assert web_ui.app is not None
    return web_ui.app.blueprints["locust"].url_prefix or ""
