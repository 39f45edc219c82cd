"""Seen from outside: what can't be is told in a sentence before the load, with exit code 2."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from e2e.load_test import run_locust
from e2e.plan_files import steady, write_plan
from e2e.truth_server import closed_port


def plan(folder: Path) -> list[str]:
    return [*write_plan(folder, {"light": steady(2, 20, 2, 1)}), "--scenario", "light"]


@pytest.mark.parametrize(
    "options", [["--web-port", "{taken}"], ["--web-port", "{free}", "--metrics-port", "{free}"]]
)
def test_a_port_of_the_web_ui_that_is_taken_is_exit_code_2(
    tmp_path: Path, options: list[str]
) -> None:
    """By another program, or by the metrics of the same run."""
    with socket.create_server(("127.0.0.1", 0)) as listening_there:
        numbers = {"taken": listening_there.getsockname()[1], "free": closed_port()}
        given = [option.format(**numbers) for option in options]
        given += plan(tmp_path)
        outcome = run_locust(tmp_path, *given, host="http://127.0.0.1:9", headless=False)
    assert outcome.exit_code == 2
    where = f"127.0.0.1:{given[1]}"
    said = f"--web-port {given[1]}: nothing can listen on {where}: Address already in use; name"
    assert said in outcome.console
    assert "Traceback" not in outcome.console


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--metrics-port", "{taken}"], "Address already in use; name another"),
        (["--metrics-port", "{taken}", "--processes", "2"], "Address already in use"),
        (["--metrics-port", "0"], "expected a port"),
        (["--metrics-host", "127.0.0.2"], "without --metrics-port"),
        (["--metrics-port", "{free}", "--metrics-host", "203.0.113.9"], "JOBLOAD_METRICS_TOKEN"),
        (["--otlp", "collector:4318"], "expected the address of an OTLP/HTTP endpoint"),
        (["--otlp", "http://user:secret@127.0.0.1:4318"], "OTEL_EXPORTER_OTLP_HEADERS"),
        (["--trace", "0.01"], "expected a share such as 1%"),
    ],
)
def test_what_cannot_be_is_exit_code_2(tmp_path: Path, options: list[str], told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        numbers = {"taken": listening.getsockname()[1], "free": closed_port()}
        given = [option.format(**numbers) for option in options]
        outcome = run_locust(tmp_path, *plan(tmp_path), *given, host="http://127.0.0.1:9")
    assert outcome.exit_code == 2
    assert told in outcome.console
    assert "Traceback" not in outcome.console
    assert "secret" not in outcome.console
