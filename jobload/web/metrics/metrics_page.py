"""/metrics of the web UI: what runs, for Prometheus. Without the web UI there is --metrics-port.

Where the web UI asks for a login, a scraper shows the token of `JOBLOAD_METRICS_TOKEN` instead, as
`Authorization: Bearer …`.
"""

from __future__ import annotations

from collections.abc import Mapping

import gevent
from flask import Flask, Response, request
from flask_login import current_user

from jobload.live.check_watch import CheckWatch
from jobload.live.metrics.frame_of_run import frame_of
from jobload.live.metrics.prometheus_families import PrometheusFamilies, encoder_for
from jobload.web.exporter.metrics_token import SHORTEST_TOKEN, TOKEN, shows
from jobload.web.guard.refusal import refuse
from jobload.web.login.attempts import Attempts
from jobload.web.login.key import WebSettingsError
from jobload.web.run_control import RunControl

ENDPOINT = "jobload_metrics"


def add_metrics(
    app: Flask,
    control: RunControl,
    watch: CheckWatch,
    environ: Mapping[str, str],
    asks_for_login: bool,
    base_path: str,
) -> None:
    """The page looks at who asks by itself: a scraper has no session."""
    token = _token(environ)
    families = PrometheusFamilies(
        lambda: None if (run := control.run) is None else frame_of(run, watch),
        lambda: gevent.sleep(0),  # the load of this process has its turn
    )
    attempts = Attempts()

    def metrics() -> Response:
        who = request.remote_addr or "unknown"
        is_known = not asks_for_login or current_user.is_authenticated
        if not is_known and (wait_s := attempts.wait_s(who)):
            return refuse(429, "Too many wrong tokens.", wait_s)
        if not (is_known or shows(request.headers.get("Authorization", ""), token)):
            if "Authorization" in request.headers:
                attempts.failed(who)
            response = refuse(401, f"Log in, or set {TOKEN} and send it as a bearer token.")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        encode, content_type = encoder_for(request.headers.get("Accept", ""))
        return Response(encode(families), content_type=content_type)

    app.add_url_rule(f"{base_path}/metrics", ENDPOINT, metrics, methods=["GET"])


def _token(environ: Mapping[str, str]) -> str:
    token = environ.get(TOKEN, "").strip()
    if token and len(token) < SHORTEST_TOKEN:
        raise WebSettingsError(f"{TOKEN} is shorter than {SHORTEST_TOKEN} characters.")
    return token
