"""--processes: what comes of its workers and their port when not all goes well."""

import socket
from pathlib import Path

from e2e.load_test import run_locust


def test_a_mistake_in_the_options_leaves_no_worker_behind(tmp_path: Path) -> None:
    outcome = run_locust(tmp_path, "--set", "raet=5", mode="processes")
    assert outcome.exit_code == 2
    assert "did you mean rate?" in outcome.console


def test_a_port_that_is_taken_is_one_sentence_and_no_worker_is_left(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = run_locust(tmp_path, mode="processes", port=taken.getsockname()[1])
    assert outcome.exit_code == 2
    assert "can't listen for workers" in outcome.console
    assert "Traceback" not in outcome.console
