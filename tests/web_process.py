"""The web UI of a real load test, asked over HTTP or with a real browser."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from e2e.load_test import LoadTest, Mode
from e2e.truth_server import closed_port
from e2e.waiting import wait_until

HERE = Path(__file__).parent / "e2e_web"
"""Of the scripts that drive a browser."""
BROWSERS = ("chromium-headless-shell", "chromium")
"""The same pages; what draws no window takes a quarter of the CPU less."""
browser = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_browser = pytest.mark.skipif(
    browser is None, reason="a browser is missing: apt-get install chromium"
)


class WebProcess(LoadTest):
    """With its web UI on a free port, once it answers."""

    def __init__(
        self, folder: Path, *options: str, mode: Mode = "local", workers: int = 2, **settings: Any
    ) -> None:
        self.web_port = closed_port()
        at = ["--web-port", str(self.web_port)]
        super().__init__(
            folder, *at, *options, mode=mode, workers=workers, headless=False, **settings
        )
        wait_until(self._answers, 30, "the web UI answers")
        if mode != "local":
            wait_until(lambda: self._workers() >= workers, 20, "the workers are there")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def _answers(self) -> bool:
        assert not self.has_ended, self.console
        try:
            self.ask("GET", "/")
        except OSError:
            return False
        return True

    def _workers(self) -> int:
        status, body = self.ask("GET", "/worker-count")
        return int(json.loads(body)["worker_count"]) if status == 200 else 0

    def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=40)
        own = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            client.request(method, path, urlencode(form or {}), own | dict(headers or {}))
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def state(self, cookie: str = "") -> Any:
        """Of the run, as the script on Locust's page hears of it."""
        return json.loads(self.ask("GET", "/jobload/state", headers={"Cookie": cookie})[1])["run"]


def browse(script: str, *arguments: str, within_s: float = 100.0) -> Any:
    """What the script saw."""
    done = subprocess.run(
        [sys.executable, str(HERE / script), *arguments],
        capture_output=True,
        text=True,
        timeout=within_s,
        env=os.environ | {"PYTHONPATH": str(HERE), "BROWSER": str(browser)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
