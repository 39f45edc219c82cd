"""Locust's web UI with jobload's pages, in this process, whose runs are only noted."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import gevent
from flask.testing import FlaskClient
from locust import User, argument_parser
from locust.env import Environment
from locust.runners import STATE_STOPPED
from locust.web import WebUI

from jobload.live.live_run import LiveRun
from jobload.web.run_control import StartRequest
from jobload.web.web_ui import add_pages

HOST = "http://127.0.0.1:8089"
TARGET = "http://127.0.0.1:8000"


@dataclass
class NotingDesk:
    results_dir: Path
    run: LiveRun | None = None
    is_busy: bool = False
    host: str = TARGET
    shown_host: str = TARGET
    scenario_names: Sequence[str] = ("light", "spike", "adhoc")
    suite_names: Sequence[str] = ("small",)
    answer: str | None = None
    started: list[StartRequest] = field(default_factory=list)

    def start(self, request: StartRequest) -> str | None:
        self.started.append(request)
        return self.answer


class CallingClient(FlaskClient):
    """Says in `Host` what it calls us, even nothing."""

    def __init__(self, *args: Any, host: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._host = host

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["headers"] = {"Host": self._host, **(kwargs.get("headers") or {})}
        return super().open(*args, **kwargs)


@dataclass
class MadeUi:
    control: NotingDesk
    web_ui: WebUI
    options: Namespace

    def __post_init__(self) -> None:
        self.given = dict(vars(self.options))

    @property
    def app(self) -> Any:
        return self.web_ui.app

    def as_new(self) -> MadeUi:
        """For one more test, which finds nothing of the one before: all its routes take 15 ms."""
        vars(self.control).update(vars(NotingDesk(self.control.results_dir)))
        vars(self.options).clear()
        vars(self.options).update(self.given)
        return self

    def client(self, host: str = "127.0.0.1:8089", keep_cookies: bool = True) -> FlaskClient:
        self.app.test_client_class = CallingClient
        client: FlaskClient = self.app.test_client(keep_cookies, host=host)
        return client


@contextmanager
def made_ui(
    folder: Path,
    *,
    bound_to: str = "127.0.0.1",
    environ: Mapping[str, str] | None = None,
    base_path: str | None = None,
    picker: bool = False,
    tls: str | None = None,
    port: int = 8089,
) -> Iterator[MadeUi]:
    class Submitter(User):
        pass

    environment = Environment(user_classes=[Submitter])
    environment.create_local_runner()
    options = Namespace(
        **dict.fromkeys(("scenario", "suite", "num_users", "spawn_rate", "run_time", "html_file")),
        **dict.fromkeys(("no_rate", "profile_only", "stats_history_enabled"), False),
        host=TARGET,
    )
    environment.parsed_options = options
    environment.host = TARGET
    plain = argument_parser.ui_extra_args_dict
    with patch.object(sys, "argv", ["locust"]):
        web_ui = environment.create_web_ui(
            bound_to,
            port,
            base_path,
            tls_cert=tls,
            tls_key=tls,
            delayed_start=True,
            userclass_picker_is_active=picker,
        )
        made = MadeUi(NotingDesk(folder), web_ui, options)
        with patch.object(gevent, "spawn"):  # what follows the run once a second
            add_pages(web_ui, made.control, environ or {})
    try:
        yield made
    finally:
        argument_parser.ui_extra_args_dict = plain
        assert environment.runner is not None
        # Else it looks among all modules for who stops it.
        environment.runner.state = STATE_STOPPED
        environment.runner.quit()
