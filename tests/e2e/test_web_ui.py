"""Runs started and stopped in the web UI of a real process."""

import http.client
import json
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from e2e.accounts import differences
from e2e.load_test import LOCUSTFILES, LoadTest, Mode
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
        start = partial(self.answer_to_start, scenario, **fields)
        wait_until(lambda: start()["success"], 10, f"{scenario} is started")

    def answer_to_start(self, scenario: str, **fields: str) -> dict[str, Any]:
        form = {"scenario": scenario, "user_count": "1", "spawn_rate": "1", **fields}
        answer: dict[str, Any] = self._json("POST", "/swarm", urlencode(form))
        return answer

    def stop(self) -> None:
        assert self._ask("POST", "/stop") == 200

    def press_at_once(self, scenario: str, times: int) -> tuple[set[int], list[Any]]:
        """Stop and New run, by so many each; the statuses of all, and what the runs were told."""
        form = urlencode({"scenario": scenario, "user_count": "1", "spawn_rate": "1"})
        with ThreadPoolExecutor(2 * times) as clients:
            stops = [clients.submit(self._exchange, "POST", "/stop", "") for _ in range(times)]
            runs = [clients.submit(self._exchange, "POST", "/swarm", form) for _ in range(times)]
        answers = [each.result() for each in (*stops, *runs)]
        return {status for status, _ in answers}, [json.loads(body) for _, body in answers[times:]]

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
    folder: Path, scenarios: dict[str, Fields], *options: str, mode: Mode = "local", **more: Any
) -> Iterator[tuple[LoadTest, Page, TruthServer]]:
    port = closed_port()
    plan = write_plan(folder, scenarios, LIMITS if "slow" in scenarios else {})
    at = ["--web-host", "127.0.0.1", "--web-port", str(port)]
    with (
        running_server("fixed", latency_ms=50) as server,
        LoadTest(
            folder, *plan, *at, *options, host=server.url, mode=mode, headless=False, **more
        ) as test,
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


def _pressed_at_once(folder: Path, mode: Mode) -> tuple[Outcome, set[int], int]:
    """While the load runs, and once more while a run is on its way; then a run to its end."""
    with _web_ui(folder, SCENARIOS, mode=mode) as (test, page, server):
        page.start("long")
        server.wait_for_requests(20, place="POST /long")
        statuses, begun = set[int](), 1
        for _ in range(2):
            found, told = page.press_at_once("long", 3)
            statuses |= found
            begun += sum(each["success"] for each in told)
        page.stop()
        page.start("fine")
        page.wait_for_results(begun + 1)
        page.wait_for_state("stopped")
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=20), statuses, begun + 1


def _one_of_three_killed(folder: Path) -> list[dict[str, Any]]:
    """Then another run, of those that are left."""
    with _web_ui(folder, SCENARIOS, mode="workers", workers=3) as (test, page, server):
        page.start("slow")
        server.wait_for_requests(20, place="POST /slow")
        test.workers[0].kill()
        page.wait_for_results(1)
        page.start("fine")
        return page.wait_for_results(2)


def _not_begun(folder: Path) -> tuple[Outcome, list[dict[str, Any]]]:
    """One that is stopped at once, one to its end, and two that are not to be compared with it, for
    it was another scenario, and by more workers."""
    file = LOCUSTFILES / "stopped_at_once.py"
    with _web_ui(folder, SCENARIOS, locustfile=file) as (test, page, _):
        answers = [page.answer_to_start("fine")]
        page.start("fine")
        (fine,) = page.wait_for_results(1)
        page.wait_for_state("stopped")
        answers.append(page.answer_to_start("long", baseline=fine["run_id"]))
        fine["topology"]["workers"].append(fine["topology"]["workers"][0] | {"id": "another"})
        (test.results / fine["run_id"] / "result.json").write_text(json.dumps(fine))
        answers.append(page.answer_to_start("fine", baseline=fine["run_id"]))
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=20), answers


def _left_together(folder: Path) -> Outcome:
    """All workers in mid-run; one that comes afterwards makes the next run."""
    with _web_ui(folder, SCENARIOS, mode="workers") as (test, page, server):
        page.start("long")
        server.wait_for_requests(20, place="POST /long")
        for worker in test.workers:
            worker.send_signal(signal.SIGTERM)
        page.wait_for_results(1)
        test.add_worker()
        page.start("fine")
        page.wait_for_results(2)
        test.interrupt(signal.SIGINT)
        return test.outcome(within_s=20)


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
        "pressed, local": partial(_pressed_at_once, folder / "pressed", "local"),
        "pressed, workers": partial(_pressed_at_once, folder / "pressed-workers", "workers"),
        "not begun": partial(_not_begun, folder / "not-begun"),
        "left together": partial(_left_together, folder / "left"),
        "one killed": partial(_one_of_three_killed, folder / "killed"),
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


@pytest.mark.parametrize("mode", ["local", "workers"])
def test_stop_and_new_run_pressed_at_once_lose_no_run(runs: Background, mode: Mode) -> None:
    outcome, statuses, begun = runs[f"pressed, {mode}"]
    assert statuses == {200}
    assert "Traceback" not in outcome.console
    assert len(outcome.results) == outcome.console.count("Verdict:") == begun
    in_order = sorted(outcome.results, key=lambda result: str(result["started_at"]))
    reasons = [result["end"]["reason"] for result in in_order]
    assert reasons == ["stopped"] * (begun - 1) + ["completed"]
    for result in in_order:
        assert differences(result) == []


def test_a_start_that_begins_no_run_says_so_and_why(runs: Background) -> None:
    outcome, answers = runs["not begun"]
    assert not any(answer["success"] for answer in answers)
    stopped, other, more = (answer["message"] for answer in answers)
    assert stopped == "Stopped before the run had begun."
    assert "has no scenario long" in other
    assert "had 2 workers, this one has 1" in more
    assert len(outcome.results) == 1


def test_after_one_of_three_workers_is_killed_others_make_the_next_run(runs: Background) -> None:
    lost, next_one = runs["one killed"]
    assert (lost["status"], next_one["status"]) == ("INVALID", "PASS")


def test_workers_that_all_leave_end_a_run_of_the_web_ui_and_the_next_one_makes_another(
    runs: Background,
) -> None:
    outcome = runs["left together"]
    assert "Traceback" not in outcome.console
    left, after = outcome.results
    assert (left["status"], left["end"]["reason"]) == ("INVALID", "aborted")
    assert "the last worker" in left["end"]["detail"]
    assert after["status"] == "PASS"
    assert [differences(result) for result in outcome.results] == [[], []]
