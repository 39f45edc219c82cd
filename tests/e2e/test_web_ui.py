"""Runs started and stopped in the web UI of a real process."""

import http.client
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from e2e.accounts import differences
from e2e.load_test import LoadTest, Mode
from e2e.outcome import Outcome
from e2e.plan_files import Fields, ramp, steady, write_plan
from e2e.truth_server import TruthServer, closed_port, running_server
from e2e.waiting import Background, Job, wait_until

SCENARIOS = {
    "slow": steady(5, None, 3, 1, endpoint="/slow"),
    "fine": steady(5, None, 3, 1, endpoint="/fine"),
    "long": steady(5, None, 60, 1, endpoint="/long"),
}
LIMITS = {"slow": [{"metric": "p50", "expect": "<= 1ms"}]}


class Page:
    """The web UI of a load test, as a browser uses it."""

    def __init__(self, test: LoadTest, port: int) -> None:
        self._test = test
        self._port = port
        wait_until(self._answers, 20, "the web UI answers")

    def _answers(self) -> bool:
        try:
            return self._ask("GET", "/") == 200
        except OSError:
            return False

    def start(self, scenario: str, **fields: str) -> None:
        """Waits until workers have load to make; a form without them is refused."""
        form = {"scenario": scenario, "user_count": "1", "spawn_rate": "1", **fields}
        answers: list[Any] = []

        def started() -> bool:
            answers.append(self._json("POST", "/swarm", urlencode(form)))
            return bool(answers[-1]["success"])

        wait_until(started, 10, f"{scenario} is started")

    def stop(self) -> None:
        assert self._ask("POST", "/stop") == 200

    def wait_for_results(self, count: int, within_s: float = 30) -> list[dict[str, Any]]:
        wait_until(lambda: len(self._test.written()) >= count, within_s, f"{count} results")
        return self._test.written()

    def wait_for_state(self, *states: str) -> None:
        wait_until(lambda: self._json("GET", "/stats/requests")["state"] in states, 20, f"{states}")

    def _json(self, method: str, path: str, form: str = "") -> Any:
        return json.loads(self._exchange(method, path, form)[1])

    def _ask(self, method: str, path: str) -> int:
        return self._exchange(method, path, "")[0]

    def _exchange(self, method: str, path: str, form: str) -> tuple[int, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self._port, timeout=40)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            client.request(method, path, form, headers)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()


@contextmanager
def _web_ui(
    folder: Path, scenarios: dict[str, Fields], *options: str, mode: Mode = "local"
) -> Iterator[tuple[LoadTest, Page, TruthServer]]:
    port = closed_port()
    plan = write_plan(folder, scenarios, LIMITS if "slow" in scenarios else {})
    at = ["--web-host", "127.0.0.1", "--web-port", str(port)]
    with (
        running_server("fixed", latency_ms=50) as server,
        LoadTest(folder, *plan, *at, *options, host=server.url, mode=mode, headless=False) as test,
    ):
        yield test, Page(test, port), server


def _three_runs(folder: Path, mode: Mode) -> tuple[Outcome, dict[str, Any]]:
    """Two to their end, and one that is stopped."""
    with _web_ui(folder, SCENARIOS, mode=mode) as (test, page, server):
        for count, name in ((1, "slow"), (2, "fine")):
            page.start(name)
            page.wait_for_results(count)
            page.wait_for_state("stopped")
        page.start("long")
        server.wait_for_requests(50, place="POST /long")
        page.stop()
        page.wait_for_results(3)
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=20), server.facts()


def _idle(folder: Path) -> Outcome:
    with _web_ui(folder, SCENARIOS) as (test, _, _):
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=20)


def _picked_classes(folder: Path) -> Outcome:
    """A shape that is picked plays its default scenario when none is named."""
    scenarios: dict[str, Fields] = {
        "light": ramp(5, None, 1, 3),
        "stress": {"shape": "step_stress", "users": [2, 4], "step": "2s"},
    }
    with _web_ui(folder, scenarios, "--class-picker") as (test, page, _):
        page.start("", shape_class="StepStress", user_classes="JobSubmitter")
        page.wait_for_results(1)
        page.wait_for_state("stopped")
        page.start("light", shape_class="Ramp", user_classes="JobSubmitter")
        page.wait_for_results(2)
        test.interrupt(signal.SIGTERM)
        return test.outcome(within_s=20)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "workers": partial(_three_runs, folder / "workers", "workers"),
        "local": partial(_three_runs, folder / "local", "local"),
        "picked": partial(_picked_classes, folder / "picked"),
        "idle": partial(_idle, folder / "idle"),
    }
    with Background(jobs) as background:
        yield background


@pytest.mark.parametrize("mode", ["local", "workers"])
def test_each_run_has_its_own_verdict_and_the_worst_is_the_exit_code(
    runs: Background, mode: Mode
) -> None:
    outcome, facts = runs[mode]
    slow, fine, stopped = outcome.results
    statuses = [result["status"] for result in outcome.results]
    assert statuses == ["FAIL", "PASS", "INVALID"], outcome.console
    assert stopped["end"]["reason"] == "stopped"
    for result, name in ((slow, "slow"), (fine, "fine"), (stopped, "long")):
        (scenario,) = result["scenarios"]
        assert scenario["name"] == name
        assert differences(result) == []
        attempts = sum(stage["attempts"] for stage in scenario["stages"])
        assert attempts == facts["requests"][f"POST /{name}"]
    assert outcome.console.count("Verdict:") == 3
    assert outcome.exit_code == 3


def test_an_idle_web_ui_ends_with_0(runs: Background) -> None:
    outcome = runs["idle"]
    assert outcome.exit_code == 0
    assert not outcome.results


def test_the_class_picker_chooses_the_shape(runs: Background) -> None:
    outcome = runs["picked"]
    (stress,), (light,) = (result["scenarios"] for result in outcome.results)
    assert [stage["name"] for stage in stress["stages"]] == ["step-2", "step-4"]
    assert [stage["name"] for stage in light["stages"]] == ["ramp-up", "hold"]
    assert outcome.exit_code == 0
