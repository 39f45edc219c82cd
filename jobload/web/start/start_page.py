"""Locust's start page and what it sends, with our form fields and without its back doors."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from time import monotonic
from typing import Any

import gevent
from flask import Response, jsonify, render_template, request, url_for
from locust import argument_parser
from locust.web import WebUI

from jobload.web.guard.refusal import log_refusal, refuse
from jobload.web.guard.security_headers import with_nonce
from jobload.web.run_control import RunControl
from jobload.web.runs.run_store import RunStore
from jobload.web.start.start_form import NONE, FormError, UnknownKeysError, read_form

BASELINES = 20
USUAL = "light"
BUSY = "A run is on. Stop it first, or wait for its verdict."
ENDS_WITHIN_S = 5.0


def replace_start_page(web_ui: WebUI, control: RunControl, store: RunStore) -> None:
    app = web_ui.app
    assert app is not None
    _cache_options()
    # The form's fields stay in their order.
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's usual provider has it
    app.jinja_env.policies["json.dumps_kwargs"] = {}
    page = StartPage(web_ui, control, store)
    guarded: Any = web_ui.auth_required_if_enabled
    app.view_functions["locust.index"] = guarded(page.show)
    app.view_functions["locust.swarm"] = guarded(page.start)


class StartPage:
    def __init__(self, web_ui: WebUI, control: RunControl, store: RunStore) -> None:
        self._web_ui = web_ui
        self._control = control
        self._store = store
        self._starting = False

    def show(self) -> str:
        self._web_ui.update_template_args()
        arguments = {
            **self._web_ui.template_args,
            "extra_options": self._fields(),
            "extended_csv_files": self._downloads(),
        }
        page = with_nonce(render_template("index.html", template_args=arguments))
        return page.replace("</head>", render_template("jobload/on_locust.html") + "</head>", 1)

    def _downloads(self) -> list[dict[str, str]]:
        """The reports of the latest run, for Locust's tab of downloads."""
        if (run := self._control.run) is None:
            return []
        return [
            {"title": name, "href": url_for("jobload.file", run_id=run.id, name=name)}
            for name in self._store.files(run.id)
            if "/" not in name
        ]

    def _fields(self) -> dict[str, Any]:
        options: Any = self._web_ui.environment.parsed_options
        control = self._control
        undecided = options.suite or self._web_ui.userclass_picker_is_active
        default = options.scenario or (None if undecided else self._usual_scenario())
        return {
            "scenario": _choice(default, control.scenario_names),
            "suite": _choice(options.suite, control.suite_names),
            "rate": _field("operations/s, all users", ""),
            "no_rate": _field("users loop as fast as they can: closed model", options.no_rate),
            "profile_only": _field("report all figures, judge nothing", options.profile_only),
            "baseline": _choice(None, self._store.ids()[:BASELINES]),
        }

    def _usual_scenario(self) -> str:
        names = self._control.scenario_names
        return USUAL if USUAL in names else names[0]

    def start(self) -> Response:
        """Takes the place of Locust's own, which writes every option a form names."""
        try:
            wanted = read_form(request.form, self._store, self._control.host)
        except UnknownKeysError as error:
            return refuse(400, str(error))
        except FormError as error:
            return self._answer(str(error))
        if self._starting:
            return self._answer(BUSY)
        # What comes in while this one is looked at must not begin as well.
        self._starting = True
        try:
            return self._answer(self._control.start(wanted) if self._is_idle() else BUSY)
        finally:
            self._starting = False

    def _is_idle(self) -> bool:
        """The verdict can be read a moment before Locust has ended the test: that is waited for."""
        deadline_s = monotonic() + ENDS_WITHIN_S
        while self._control.is_busy:
            run = self._control.run
            if run is None or not run.over.is_set() or monotonic() > deadline_s:
                return False
            gevent.sleep(0.02)
        return True

    def _answer(self, problem: str | None) -> Response:
        """200 in any case, because Locust's form shows the sentence of no other answer."""
        if problem is not None:
            log_refusal(problem)
        message = problem or "The run begins."
        host = self._web_ui.environment.host
        return jsonify({"success": problem is None, "message": message, "host": host})


def _choice(chosen: str | None, names: Sequence[str]) -> dict[str, Any]:
    return _field("", chosen or NONE, [NONE, *names])


def _field(text: str, default: Any, choices: list[str] | None = None) -> dict[str, Any]:
    return {
        "default_value": default,
        "is_secret": False,
        "is_required": False,
        "help_text": text,
        "is_multiple": False,
        "choices": choices,
    }


def _cache_options() -> None:
    """Keeps each load of the start page from holding up the load for 200 ms.

    Locust 2.47 builds its argument parser and reads the command line anew each time
    (`WebUI.update_template_args`). Drop this when Locust mends it.
    """
    if not hasattr(argument_parser.ui_extra_args_dict, "cache_info"):
        argument_parser.ui_extra_args_dict = functools.lru_cache(argument_parser.ui_extra_args_dict)
    argument_parser.ui_extra_args_dict()
