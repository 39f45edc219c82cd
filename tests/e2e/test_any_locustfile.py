"""Anybody's locustfile, unmodified: measured and judged as ours are."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from statistics import pstdev
from typing import Any

import pytest

from e2e.any_locustfile import ANYBODY, operations_by_name, requests_by_name, run_file
from e2e.load_test import Mode
from e2e.outcome import Outcome
from e2e.plan_files import Fields, steady, write_plan
from e2e.truth_server import running_server
from e2e.waiting import Background, Job

SLOW_MS = 1049
"""Locust's own percentiles keep two digits of it: 1000."""
USERS = 90
RATE, HOLD_S = 20, 12
SHORT: Fields = steady(4, None, 3, 1)
PEOPLE = {"E2E_PEOPLE": str(ANYBODY / "people.csv")}

Played = tuple[Outcome, dict[str, Any], list[float]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    folder = tmp_path_factory.mktemp("runs")

    def job(name: str, file: str, *options: str, **settings: Any) -> Job:
        return partial(_play, folder / name.replace(" ", "-"), file, *options, **settings)

    slow: dict[str, Any] = {"plan": steady(USERS, None, 8, 1), "latency_ms": SLOW_MS}
    slow["checks"] = [{"metric": "p99", "expect": "<= 1000ms", "endpoint": "/items"}]
    paced: dict[str, Any] = {"plan": steady(8, RATE, HOLD_S, 1)}
    jobs: dict[str, Job] = {
        "slow local": job("slow local", "shop.py", **slow),
        "slow processes": job("slow processes", "shop.py", mode="processes", **slow),
        "paced local": job("paced local", "paced.py", **paced),
        "paced processes": job("paced processes", "paced.py", mode="processes", **paced),
        "shaped local": job("shaped local", "shaped.py", scenario=False),
        "shaped processes": job("shaped procs", "shaped.py", scenario=False, mode="processes"),
        "mixed": job("mixed", "mixed.py", "--tags", "read", plan=steady(9, None, 3, 1)),
        "listening local": job("listening local", "listening.py", "--greeting", "hello"),
        "listening processes": job(
            "listening procs", "listening.py", "--greeting", "hello", mode="processes"
        ),
        "gathered local": job("gathered local", "gathered.py", environ=PEOPLE),
        "gathered processes": job(
            "gathered procs", "gathered.py", environ=PEOPLE, mode="processes"
        ),
        "growing": job("growing", "growing.py", scenario=False, mode="processes"),
        "taskless": job("taskless", "taskless.py"),
        "broken start": job("broken start", "broken_start.py"),
        "printing": job("printing", "printing.py"),
        "pytested": job("pytested", "pytested.py"),
        "leaving": job("leaving", "leaving.py"),
        "careless local": job("careless local", "odd_events.py"),
        "careless workers": job("careless workers", "odd_events.py", mode="workers"),
    }
    for opinion in ("1", "0", "42", "early", "quit", "raise", "one failure"):
        own = {"environ": {"E2E_OPINION": opinion}}
        jobs[f"opinion {opinion}"] = job(f"opinion {opinion}", "opinionated.py", **own)
    for end, mode in product(("quit", "stop"), ("local", "workers")):
        environ = {"E2E_OPINION": f"{end} itself"}
        jobs[f"{end} {mode}"] = job(f"{end} {mode}", "opinionated.py", environ=environ, mode=mode)
    with Background(jobs) as background:
        yield background


def _play(
    folder: Path,
    file: str,
    *options: str,
    plan: Fields = SHORT,
    checks: list[Fields] | None = None,
    scenario: bool = True,
    latency_ms: float = 20,
    **settings: Any,
) -> Played:
    given = write_plan(folder, {"light": plan}, {"light": checks} if checks else None)
    given += ["--scenario", "light"] if scenario else []
    with running_server("fixed", latency_ms=latency_ms, status=200) as server:
        outcome = run_file(folder, file, *given, *options, host=server.url, **settings)
        return outcome, server.facts(), server.arrivals_s("GET /items")


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_a_reply_of_1049_ms_breaks_a_limit_of_1000_ms(runs: Background, mode: Mode) -> None:
    outcome, facts, _ = runs[f"slow {mode}"]
    outcome.assert_came_to(1, "FAIL")
    (check,) = [c for c in outcome.scenario("light")["checks"] if c["metric"] == "p99"]
    assert check["value"] >= SLOW_MS
    requests = requests_by_name(outcome)
    assert requests == {
        "POST /login": facts["requests"]["POST /login"],
        "GET /items": facts["requests"]["GET /items"],
        "POST /orders": facts["requests"]["POST /orders"],
        "GET /orders/[id]": facts["requests"]["GET /orders/17"],
    }
    assert requests["POST /login"] == USERS
    assert operations_by_name(outcome) == {
        "Shopper.browse": requests["GET /items"],
        "Shopper.buy": requests["POST /orders"],
    }


def test_users_that_have_left_are_no_load_to_pass(runs: Background) -> None:
    outcome, _, _ = runs["leaving"]
    outcome.assert_came_to(3, "INVALID")
    stayed = next(v for v in outcome.result["validity"] if v["id"] == "users-stayed")
    assert "users had ended by themselves, of 4 planned" in stayed["actual"]


@pytest.mark.parametrize("mode", ["local", "workers"])
def test_what_locust_can_not_send_is_measured_and_every_process_ends(
    runs: Background, mode: Mode
) -> None:
    outcome, _, _ = runs[f"careless {mode}"]
    outcome.assert_passed_or_late()
    requests = requests_by_name(outcome)
    assert len(requests) == 3
    assert set(requests.values()) == {operations_by_name(outcome)["Careless.call"]}
    untimed = {e["name"] for s in outcome.stages for e in s["endpoints"] if e["untimed"]}
    assert untimed == {"RPC timeless"}


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_with_a_rate_tasks_come_evenly(runs: Background, mode: Mode) -> None:
    outcome, facts, arrivals_s = runs[f"paced {mode}"]
    outcome.assert_passed_or_late()
    hold = outcome.stage("hold")
    assert abs(hold["offered"] - RATE * HOLD_S) <= 1
    assert hold["started"] + hold["missed"] == hold["offered"]
    assert outcome.sum("started") == facts["requests"]["GET /items"]
    tenths = Counter(int(10 * (at_s - arrivals_s[0])) for at_s in arrivals_s)
    counts = [tenths[n] for n in range(10, 10 * HOLD_S)]
    assert pstdev(counts) <= 1, counts


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_a_shape_of_its_own_is_the_profile_where_no_scenario_is_named(
    runs: Background, mode: Mode
) -> None:
    outcome, facts, _ = runs[f"shaped {mode}"]
    outcome.assert_came_to(0, "PASS")
    (scenario,) = outcome.result["scenarios"]
    (stage,) = scenario["stages"]
    assert (scenario["name"], stage["name"]) == ("custom", "load")
    assert 6 <= stage["duration_s"] <= 9
    assert max(stage["seconds"]["users"]) == 6
    requests = requests_by_name(outcome)
    assert requests == {place: facts["requests"][place] for place in ("GET /member", "GET /guest")}
    assert requests["GET /member"] > requests["GET /guest"] > 0


def test_weights_fixed_counts_and_tags_mean_what_they_do_in_locust(runs: Background) -> None:
    outcome, facts, _ = runs["mixed"]
    outcome.assert_came_to(0, "PASS")
    users = Counter(name.split("/")[1] for name in requests_by_name(outcome))
    assert users == {"admin": 1, "read": 6, "writer": 2}
    assert "POST /write" not in facts["requests"]


@pytest.mark.parametrize(("mode", "thanks"), [("local", [4]), ("processes", [2, 2])])
def test_listeners_options_and_messages_of_its_own_go_on_working(
    runs: Background, mode: Mode, thanks: list[int]
) -> None:
    outcome, _, _ = runs[f"listening {mode}"]
    outcome.assert_came_to(0, "PASS")
    for word in ("init", "test_start", "test_stop", "quitting"):
        assert f"heard: {word}" in outcome.console
    for count in thanks:
        assert f"heard: thanks for {count}" in outcome.console
    assert set(requests_by_name(outcome)) == {f"GET hello user-{n}" for n in range(4)}


@pytest.mark.parametrize("mode", ["local", "processes"])
def test_users_that_gather_first_then_go_through_a_chain_of_tasks_at_a_pace(
    runs: Background, mode: Mode
) -> None:
    outcome, facts, _ = runs[f"gathered {mode}"]
    outcome.assert_came_to(0, "PASS")
    requests = requests_by_name(outcome)
    looks, orders = requests["GET /items"], requests["POST /orders"]
    assert facts["requests"] == {"GET /items": looks, "POST /orders": orders}
    assert operations_by_name(outcome) == {"Visit.look": looks, "Visit.order": orders}
    assert abs(looks - orders) <= 4
    assert 20 <= looks + orders <= 4 * (4.5 / 0.4 + 1)
    assert f"heard: {orders} orders" in outcome.console


def test_a_shape_may_wait_for_its_users(runs: Background) -> None:
    outcome, facts, _ = runs["growing"]
    outcome.assert_came_to(0, "PASS")
    (stage,) = outcome.stages
    assert max(stage["seconds"]["users"]) == 4
    assert stage["duration_s"] > 1 + 1.5 + 1
    assert requests_by_name(outcome) == {"GET /items": facts["requests"]["GET /items"]}


def test_a_class_without_tasks_that_is_started_is_no_pass(runs: Background) -> None:
    outcome, facts, _ = runs["taskless"]
    outcome.assert_came_to(3, "INVALID")
    assert "No tasks defined on Base" in outcome.complaints["no-crash"]
    assert requests_by_name(outcome) == {"GET /items": facts["requests"]["GET /items"]}


@pytest.mark.parametrize(
    ("opinion", "code", "status", "told"),
    [
        ("1", 1, "PASS", "The locustfile sets exit code 1, the verdict 0; 1 stands."),
        ("42", 42, "PASS", "The locustfile sets exit code 42, the verdict 0; 42 stands."),
        ("0", 1, "FAIL", "The locustfile sets exit code 0, the verdict 1; 1 stands."),
        ("early", 1, "PASS", "The locustfile sets exit code 1, the verdict 0; 1 stands."),
        ("quit", 3, "INVALID", "stopped"),
        ("raise", 3, "INVALID", "a listener or greenlet of"),
        ("one failure", 0, "PASS", "Locust by itself would end with exit code 1"),
    ],
)
def test_the_worse_of_its_own_judgement_and_ours_stands_and_is_told(
    runs: Background, opinion: str, code: int, status: str, told: str
) -> None:
    outcome, _, _ = runs[f"opinion {opinion}"]
    outcome.assert_came_to(code, status)
    assert told in outcome.console


@pytest.mark.parametrize("mode", ["local", "workers"])
@pytest.mark.parametrize("end", ["quit", "stop"])
def test_a_user_may_end_the_run_from_within_its_task(runs: Background, end: str, mode: str) -> None:
    """It does not wait for its own operation to come to its end."""
    outcome, facts, _ = runs[f"{end} {mode}"]
    outcome.assert_came_to(3, "INVALID")
    assert outcome.took_s < 30
    assert requests_by_name(outcome).total() == facts["requests"]["GET /items"]


def test_a_user_that_can_not_begin_is_never_a_pass(runs: Background) -> None:
    outcome, _, _ = runs["broken start"]
    outcome.assert_came_to(3, "INVALID")
    assert "Broken: KeyError: 'password'" in outcome.complaints["no-crash"]


def test_tasks_that_ask_for_nothing_are_no_pass(runs: Background) -> None:
    outcome, _, _ = runs["printing"]
    outcome.assert_came_to(3, "INVALID")
    assert "no request was made in light/hold" in outcome.complaints["measured"]
    assert outcome.sum("succeeded") == outcome.sum("without_request") > 0


def test_test_functions_are_tasks(runs: Background) -> None:
    outcome, facts, _ = runs["pytested"]
    outcome.assert_came_to(0, "PASS")
    requests = requests_by_name(outcome)
    assert requests == {place: facts["requests"][place] for place in ("GET /items", "POST /orders")}
    assert operations_by_name(outcome) == {
        "test_items": requests["GET /items"],
        "test_orders": requests["POST /orders"],
    }
