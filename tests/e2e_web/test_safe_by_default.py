"""What a real load test with its web UI lets others do: nothing."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from e2e.load_test import LoadTest
from e2e.outcome import Outcome
from e2e.plan_files import steady, write_plan
from e2e.processes import marked
from e2e.truth_server import running_server
from e2e.waiting import Background, Job, wait_until
from web_process import HERE, WebProcess

pytestmark = pytest.mark.e2e

TOKEN = {"JOBLOAD_TOKEN": "f" * 32}
PLAN = {"short": steady(4, 20, 3, 1), "long": steady(4, 20, 60, 1)}


def listening(test: LoadTest) -> set[str]:
    return {
        connection.laddr.ip
        for process in marked(test.mark)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }


UNSAFE: dict[str, tuple[list[str], dict[str, str]]] = {
    "open port": (["--master", "--master-bind-host", "0.0.0.0"], {}),
    "short token": (["--master"], {"JOBLOAD_TOKEN": "short"}),
    "half a password": ([], {"JOBLOAD_WEB_USER": "ada"}),
    "credentials": (["--host", "http://user:hunter2@127.0.0.1"], {}),
    "no host": (["--allow-target", "not a host"], {}),
}


def _unsafe(folder: Path, options: list[str], environ: dict[str, str]) -> Outcome:
    at = ["--web-port", "0", "--master-bind-port", "0"]
    with LoadTest(folder, *at, *options, headless=False, environ=environ) as test:
        return test.outcome(within_s=20)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")
    jobs: dict[str, Job] = {
        "forged": partial(_forged, folder / "forged", {}),
        "forged, with a token": partial(_forged, folder / "forged-with-a-token", TOKEN),
    }
    for at, (name, given) in enumerate(UNSAFE.items()):
        jobs[name] = partial(_unsafe, folder / f"{at}", *given)
    with Background(jobs) as background:
        yield background


def test_nothing_listens_beyond_this_machine_unless_asked(tmp_path: Path) -> None:
    with running_server("fixed") as server, WebProcess(tmp_path, "--master", host=server.url) as it:
        assert listening(it) == {"127.0.0.1"}


def test_whoever_wants_something_else_than_a_run_is_refused_and_changes_nothing(
    tmp_path: Path,
) -> None:
    owned = tmp_path / "owned.html"
    plan = write_plan(tmp_path / "plan", PLAN)
    with (
        running_server("fixed") as server,
        WebProcess(tmp_path, *plan, host=server.url) as test,
    ):
        good = {"scenario": "short", "host": server.url}
        own = {"Origin": test.url}
        for form, headers, status in (
            (good, {"Origin": "http://evil.example"}, 403),
            (good, {"Host": "evil.example"}, 403),
            (good, {"Sec-Fetch-Site": "cross-site"}, 403),
            (good | {"html_file": str(owned)}, own, 400),
            (good | {"nonsense": "1"}, own, 400),
            (good | {"host": "http://192.0.2.1"}, own, 200),
            (good | {"host": "http://user:secret@127.0.0.1"}, own, 200),
            (good | {"scenario": "shrot"}, own, 200),
            (good | {"scenario": "adhoc", "user_count": "many"}, own, 200),
        ):
            answered, body = test.ask("POST", "/swarm", form, headers)
            assert answered == status, form
            assert status != 200 or json.loads(body)["success"] is False
            assert b"secret" not in body
        assert test.state() is None
        assert server.requests() == 0
        assert not owned.exists()
        assert not test.results.exists()
        assert json.loads(test.ask("POST", "/swarm", good, own)[1])["success"]
        wait_until(lambda: test.written(), 20, "the run that was asked for has ended")
    [result] = test.written()
    assert (result["status"], result["host"]) == ("PASS", server.url)
    assert test.console.count("Refused POST '/swarm'") == 9
    assert "secret" not in test.console


def test_off_loopback_the_log_has_a_link_that_opens_once(tmp_path: Path) -> None:
    with running_server("fixed") as server:
        options = ["--web-host", "0.0.0.0"]
        with WebProcess(tmp_path, *options, host=server.url) as test:
            assert test.ask("POST", "/swarm", {"scenario": "light"})[0] == 401
            assert test.ask("GET", "/stats/requests", headers={"Sec-Fetch-Mode": "cors"})[0] == 401
            link = re.search(r"http://127\.0\.0\.1:\d+(/jobload/login\?token=\S+)", test.console)
            assert link
            cookie = session(test, link[1])
            assert cookie
            logs = test.ask("GET", "/logs", headers={"Cookie": cookie})
            assert logs[0] == 200
            assert b"token=" not in logs[1]
            assert session(test, link[1]) is None
            assert test.state(cookie) is None


def session(test: WebProcess, path: str) -> str | None:
    client = http.client.HTTPConnection("127.0.0.1", test.web_port, timeout=10)
    try:
        client.request("GET", path)
        answer = client.getresponse()
        answer.read()
        cookie = answer.headers.get("Set-Cookie", "")
        return cookie.partition(";")[0] if answer.status == 200 else None
    finally:
        client.close()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("open port", "Set JOBLOAD_TOKEN to the same"),
        ("short token", "shorter than 16"),
        ("half a password", "JOBLOAD_WEB_PASSWORD_HASH is not"),
        ("credentials", "carries credentials"),
        ("no host", "--allow-target"),
    ],
)
def test_what_would_not_be_safe_does_not_start(runs: Background, name: str, sentence: str) -> None:
    outcome: Outcome = runs[name]
    assert outcome.exit_code in (2, 3)
    assert sentence in outcome.console
    assert "hunter2" not in outcome.console


@dataclass(frozen=True)
class Forged:
    result: dict[str, Any]
    statistics: dict[str, Any]
    requests: int
    console: str


def _forged(folder: Path, environ: dict[str, str]) -> Forged:
    plan = write_plan(folder / "plan", PLAN)
    with (
        running_server("fixed") as server,
        WebProcess(
            folder, *plan, host=server.url, mode="workers", workers=1, environ=environ
        ) as test,
    ):
        [worker] = json.loads(test.ask("GET", "/stats/requests")[1])["workers"]
        forger = subprocess.Popen(
            [sys.executable, str(HERE / "forging_peer.py"), str(test.port), "8", worker["id"]],
            stdout=subprocess.PIPE,
        )
        try:
            wait_until(lambda: "Refused a " in test.console, 30, "it is heard")
            assert json.loads(test.ask("POST", "/swarm", {"scenario": "short"})[1])["success"]
            wait_until(lambda: test.written(), 30, "the run has ended")
            statistics = json.loads(test.ask("GET", "/stats/requests")[1])
        finally:
            forger.kill()
            forger.communicate()
        requests = server.requests()
    [result] = test.written()
    return Forged(result, statistics, requests, test.console)


@pytest.mark.parametrize("with_token", [True, False])
def test_a_forged_worker_changes_nothing(runs: Background, with_token: bool) -> None:
    seen: Forged = runs["forged, with a token" if with_token else "forged"]
    result = seen.result
    assert result["status"] == "PASS"
    assert [w["status"] for w in result["topology"]["workers"]] == ["complete"]
    assert sum(s["attempts"] for s in result["scenarios"][0]["stages"]) == seen.requests
    assert "forged" not in {entry["name"] for entry in seen.statistics["stats"]}
    refused = (
        "Refused a peer on the workers' port"
        if with_token
        else "Refused a message of forger on the workers' port"
    )
    assert refused in seen.console
