"""The tabs Stages and Checks in Locust's own UI.

Locust shows tables whose rows come with the answer it polls for; it goes on polling until the run
has ended, and the verdict is there before that.
"""

from __future__ import annotations

from typing import Any

from flask import Response, json, request
from locust.web import WebUI

from jobload.live.check_watch import CheckWatch
from jobload.web.live.check_rows import CHECK_COLUMNS, check_rows
from jobload.web.live.stage_rows import STAGE_COLUMNS, stage_rows
from jobload.web.run_control import RunControl


def add_tabs(web_ui: WebUI, control: RunControl, watch: CheckWatch) -> None:
    tabs = (("stages", "Stages", STAGE_COLUMNS), ("checks", "Checks", CHECK_COLUMNS))
    web_ui.template_args["extended_tabs"] = [{"title": t, "key": key} for key, t, _ in tabs]
    web_ui.template_args["extended_tables"] = [
        {"key": key, "structure": [{"key": k, "title": t} for k, t in columns.items()]}
        for key, _, columns in tabs
    ]
    assert web_ui.app is not None

    @web_ui.app.after_request
    def add_rows(response: Response) -> Response:
        polled = request.endpoint == "locust.request_stats" and request.method == "GET"
        if polled and response.status_code == 200:
            statistics = response.get_json()
            statistics["extended_stats"] = rows(control, watch)
            response.set_data(json.dumps(statistics))
        return response


def rows(control: RunControl, watch: CheckWatch) -> list[dict[str, Any]]:
    run = control.run
    return [
        {"key": "stages", "data": [] if run is None else stage_rows(run)},
        {"key": "checks", "data": [] if run is None else check_rows(run, watch)},
    ]
