"""A real Prometheus (Debian's) that scrapes what a test names."""

from __future__ import annotations

import contextlib
import http.client
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from e2e.truth_server import closed_port
from e2e.waiting import wait_until

from target_app.children import start_child, stop_child

PROMETHEUS = shutil.which("prometheus")
needs_prometheus = pytest.mark.skipif(
    PROMETHEUS is None, reason="a Prometheus is missing: apt-get install prometheus"
)
EVERY = "1s"


@dataclass(frozen=True)
class PrometheusProcess:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str) -> Any:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            client.request("GET", path)
            return json.loads(client.getresponse().read())
        finally:
            client.close()

    def query(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Labels and figure of each series."""
        answer = self.ask(f"/api/v1/query?{urlencode({'query': query})}")
        assert answer["status"] == "success", answer
        return [(each["metric"], float(each["value"][1])) for each in answer["data"]["result"]]

    def wait_for(self, query: str, within_s: float = 20.0) -> None:
        wait_until(lambda: self.query(query), within_s, f"a figure of {query}")

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError, ValueError):
            return bool(self.ask("/api/v1/status/runtimeinfo")["status"] == "success")
        return False


@contextlib.contextmanager
def running_prometheus(
    scrapes: Mapping[str, str], *, every: str = EVERY, web: str = "", port: int | None = None
) -> Iterator[PrometheusProcess]:
    """`scrapes` are addresses by job, `web` is its web configuration (passwords, TLS)."""
    folder = Path(tempfile.mkdtemp(prefix="jobload-prometheus-"))
    port = port or closed_port()
    targets = [
        {"job_name": job, "static_configs": [{"targets": [urlsplit(url).netloc]}]}
        for job, url in scrapes.items()
    ]
    timing = {"scrape_interval": every, "scrape_timeout": "1s"}
    (folder / "prometheus.yml").write_text(
        json.dumps({"global": timing, "scrape_configs": targets})
    )
    command = [
        PROMETHEUS or "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    if web:
        (folder / "web.yml").write_text(web)
        command.append(f"--web.config.file={folder / 'web.yml'}")
    with (folder / "log").open("wb") as log:
        process = start_child(command, output=log)
    try:
        made = PrometheusProcess(port, process)
        if not web:
            wait_until(made.is_ready, 20, "the Prometheus is ready")
        yield made
        assert process.poll() is None, (folder / "log").read_text()
    finally:
        stop_child(process, 5)
        shutil.rmtree(folder)
