"""What one operation is, from its arrival to its one sample, against a real server on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn, Protocol

import gevent
import pytest
from locust.exception import StopUser
from one_process import OneProcess, closed, scenario, wait_until
from scripted_api import BROKEN, CREATED, Answer, HangUp, Request, ScriptedApi, Silence

from jobload.load import users as users_module
from jobload.load.http_client import HttpClient
from jobload.load.http_error import ErrorKind, HttpError
from jobload.load.users import ArrivalUser, JobSubmitter, JobWatcher
from jobload.load.workload import Workload
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario

JOBS = "/api/v1/jobs"


class Meet(Protocol):
    def __call__(
        self,
        *answers: Answer,
        plan: Scenario | None = None,
        then: Scenario | None = None,
        script: Callable[[Request], Answer] | None = None,
        environ: dict[str, str] | None = None,
    ) -> tuple[OneProcess, ScriptedApi]: ...


@pytest.fixture
def meet() -> Iterator[Meet]:
    """A process whose first stage is open, and the API it aims at."""
    with ExitStack() as stack:

        def start(
            *answers: Answer,
            plan: Scenario | None = None,
            then: Scenario | None = None,
            script: Callable[[Request], Answer] | None = None,
            environ: dict[str, str] | None = None,
        ) -> tuple[OneProcess, ScriptedApi]:
            api = ScriptedApi(*answers, script=script)
            stack.callback(api.close)
            plans = [plan or scenario(), *([then] if then else [])]
            process = OneProcess(api.url, *plans, environ=environ)
            stack.callback(process.end)
            process.say("load")
            return process, api

        yield start


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users_module, "wait_before_s", lambda retry: 0.001)


def one_operation(process: OneProcess) -> None:
    """Until the first operation has ended, and lets no other begin."""
    wait_until(lambda: process.record().started)
    process.close_stage()
    wait_until(lambda: process.ended() == process.record().started)


def test_each_arrival_is_one_request_and_one_sample(meet: Meet) -> None:
    process, api = meet(CREATED)
    process.add()
    wait_until(lambda: process.succeeded() >= 20)
    process.close_stage()
    wait_until(lambda: process.agent.recorder.in_flight == 0)
    endpoint = process.endpoint()
    assert endpoint.started == endpoint.attempts == endpoint.succeeded == len(api.requests)
    assert endpoint.response_time.count == endpoint.service_time.count == len(api.requests)
    assert process.record().ended_good == len(api.requests)


def test_the_request_is_the_job_of_the_reference_design_with_the_name_of_the_run(
    meet: Meet,
) -> None:
    process, api = meet(CREATED, plan=scenario(headers={"X-Team": "blue"}))
    user = process.add()
    one_operation(process)
    request = api.requests[0]
    assert (request.method, request.path) == ("POST", JOBS)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-jobload-run"] == "run"
    assert request.headers["x-team"] == "blue"
    assert request.job["args"]["worker_id"] == user.number == 1
    assert len(request.job["args"]["data"]) == 10


def test_response_time_counts_from_the_intended_start_and_service_time_from_the_attempt(
    meet: Meet,
) -> None:
    """The only user is held up by its first request: the arrivals after it wait, and it shows."""

    def slow_at_first(request: Request) -> Answer:
        if len(api.requests) == 1:
            gevent.sleep(0.2)
        return CREATED

    process, api = meet(script=slow_at_first)
    process.add()
    wait_until(lambda: process.succeeded() >= 5)
    endpoint = process.endpoint()
    assert (endpoint.response_time.percentile_us(50) or 0) > 150_000
    assert (endpoint.service_time.percentile_us(50) or 0) < 100_000
    assert endpoint.service_time.max_us >= 200_000


@pytest.mark.usefixtures("_no_pauses")
def test_an_operation_is_tried_up_to_four_times_with_the_same_key(meet: Meet) -> None:
    process, api = meet(BROKEN)
    process.add()
    one_operation(process)
    keys = [request.key for request in api.requests]
    assert len(keys) == 4 * process.record().started
    assert all(len(set(keys[n : n + 4])) == 1 for n in range(0, len(keys), 4))
    assert len(set(keys)) == len(keys) // 4, "each operation has a key of its own"
    assert len({request.body for request in api.requests[:4]}) == 1
    endpoint = process.endpoint()
    assert endpoint.failed == endpoint.started
    assert endpoint.retries == 3 * endpoint.started
    assert endpoint.errors.counts == {"http-503": endpoint.failed}
    assert endpoint.errors.examples["http-503"] == '{"error": "down"}'
    assert endpoint.response_time.count == 0


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("trouble", [BROKEN, HangUp()])
def test_a_retry_that_succeeds_makes_a_success_of_the_operation(
    meet: Meet, trouble: Answer
) -> None:
    process, api = meet(trouble, trouble, CREATED)
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert (endpoint.failed, endpoint.retries) == (0, 2)
    assert endpoint.attempts == len(api.requests) == endpoint.started + 2
    assert endpoint.errors.counts == {}


def test_the_response_time_spans_all_attempts_and_pauses(meet: Meet) -> None:
    process, api = meet(BROKEN, BROKEN, CREATED)
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.response_time.max_us >= 300_000, "100 and 200 ms of pauses"
    assert endpoint.service_time.max_us < 300_000
    assert len(api.requests) >= 3


@pytest.mark.parametrize("status", [400, 404, 409, 422, 429, 499])
def test_what_the_target_refuses_is_not_tried_again(meet: Meet, status: int) -> None:
    process, api = meet((status, b"no"))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert (endpoint.retries, endpoint.failed) == (0, endpoint.started)
    assert endpoint.errors.examples == {f"http-{status}": "no"}
    assert len(api.requests) == endpoint.started
    assert process.record().ended_bad == endpoint.failed


@pytest.mark.parametrize("status", [200, 201, 204, 302, 399])
def test_2xx_and_3xx_are_success(meet: Meet, status: int) -> None:
    process, _ = meet((status, b""))
    process.add()
    one_operation(process)
    assert process.endpoint().succeeded == process.record().started


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [((200, b""), "http-200"), ((404, b""), "http-404"), ((503, b""), "http-503")],
)
def test_only_the_expected_status_is_success(meet: Meet, answer: Answer, kind: str) -> None:
    process, _ = meet(answer, plan=scenario(expect={"status": [201]}))
    process.add()
    one_operation(process)
    assert process.endpoint().errors.counts == {kind: process.record().started}


@pytest.mark.usefixtures("_no_pauses")
def test_an_expected_503_is_success_at_once(meet: Meet) -> None:
    process, api = meet(BROKEN, plan=scenario(expect={"status": ["500-599"]}))
    process.add()
    one_operation(process)
    assert process.endpoint().succeeded == len(api.requests)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"oops", "not JSON: oops"),
        (b"[1]", "not a JSON object: [1]"),
        (b'{"name": 1}', 'without id, state: {"name": 1}'),
        (b'{"id": 1}', 'without state: {"id": 1}'),
        (b'{"id": null, "state": 0}', None),
    ],
)
def test_a_success_must_have_the_expected_keys(meet: Meet, body: bytes, detail: str | None) -> None:
    process, _ = meet((201, body), plan=scenario(expect={"json": ["id", "state"]}))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    if detail is None:
        assert endpoint.failed == 0
    else:
        assert endpoint.errors.examples == {"unexpected-reply": detail}
        assert endpoint.retries == 0


@pytest.mark.usefixtures("_no_pauses")
def test_no_reply_within_the_timeout_is_a_network_error(meet: Meet) -> None:
    process, api = meet(Silence(), plan=scenario(timeout="20ms", retries=1))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.errors.counts == {"timeout": endpoint.started}
    assert len(api.requests) == 2 * endpoint.started


def test_rows_of_a_file_go_out_instead_of_the_job(meet: Meet, tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_text('{"n": 1}\n{"n": 2}\n')
    process, api = meet(CREATED, plan=scenario(payload={"file": str(file)}, method="PUT"))
    process.add()
    process.add()
    wait_until(lambda: len(api.requests) >= 6)
    assert {request.method for request in api.requests} == {"PUT"}
    sent = [request.job["n"] for request in api.requests]
    assert abs(sent.count(1) - sent.count(2)) <= 1


def test_a_get_sends_no_body(meet: Meet) -> None:
    process, api = meet((200, b"[]"), plan=scenario(method="GET"))
    process.add()
    one_operation(process)
    assert api.requests[0].method == "GET"
    assert "content-length" not in api.requests[0].headers
    assert process.endpoint(f"GET {JOBS}").succeeded


# --- an operation ends early ----------------------------------------------------------------


def test_a_user_that_is_stopped_finishes_its_operation(meet: Meet) -> None:
    def slow(request: Request) -> Answer:
        gevent.sleep(0.05)
        return CREATED

    process, api = meet(script=slow)
    user = process.add()
    wait_until(lambda: api.requests)
    user.stop()
    wait_until(lambda: user.greenlet.dead)
    assert process.endpoint().succeeded == 1
    assert process.agent.users == set()
    assert process.agent.dispatcher.users == 0


def test_a_user_that_waits_is_stopped_at_once(meet: Meet) -> None:
    plan = scenario(stages=[{"name": "slow", "duration": "1m", "users": 1, "rate": 0.001}])
    process, api = meet(CREATED, plan=plan)
    user = process.add()
    gevent.sleep(0.01)
    user.stop()
    assert user.greenlet.dead
    assert process.record().started == len(api.requests) == 0
    assert process.agent.users == set()


def test_a_forced_stop_censors_the_operation(meet: Meet) -> None:
    process, api = meet(Silence())
    user = process.add()
    wait_until(lambda: api.requests)
    user.stop(force=True)
    assert user.greenlet.dead
    endpoint = process.endpoint()
    assert (endpoint.started, endpoint.censored, endpoint.failed) == (1, 1, 0)
    assert process.record().ended_bad == 0


@pytest.mark.parametrize("way", ["interrupted", "forced"])
def test_an_operation_stopped_between_two_attempts_ends_at_once_and_is_censored(
    meet: Meet, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(users_module, "wait_before_s", lambda retry: 60.0)
    process, api = meet(BROKEN)
    user = process.add()
    wait_until(lambda: api.requests)
    gevent.sleep(0.02)
    if way == "interrupted":
        process.say("end", interrupted=True, drain_s=30.0)
    else:
        user.stop(force=True)
    wait_until(lambda: user.greenlet.dead, within_s=1.0)
    endpoint = process.endpoint()
    assert (endpoint.started, endpoint.censored, endpoint.retries) == (1, 1, 0)
    assert len(api.requests) == 1


# --- exceptions -----------------------------------------------------------------------------


class Failing(JobSubmitter):
    """Raises where a test says, once in every two arrivals."""

    where = "before"
    error: type[BaseException] = ValueError
    count = 0

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        self.count += 1
        if self.count % 2:
            super().perform(intended_s, stage)
            return
        if self.where == "after":
            super().perform(intended_s, stage)
        raise self.error("out of luck")


def failing(where: str, error: type[BaseException] = ValueError) -> type[Failing]:
    return type("Unlucky", (Failing,), {"where": where, "error": error})


def test_an_exception_before_the_operation_is_a_failed_arrival_and_a_crash(meet: Meet) -> None:
    process, api = meet(CREATED)
    process.add(failing("before"))
    wait_until(lambda: process.record().started >= 10)
    process.close_stage()
    wait_until(lambda: process.ended() == process.record().started)
    blamed = process.endpoint("Unlucky")
    assert blamed.failed == blamed.started == process.record().started // 2
    assert blamed.errors.examples == {"exception-ValueError": "out of luck"}
    assert process.record().ended_bad == blamed.failed
    assert process.endpoint().succeeded == len(api.requests)
    process.agent.report()
    assert process.sent[-1].crashes == ["Unlucky: ValueError: out of luck"]


def test_an_exception_after_the_operation_leaves_it_a_success_and_is_a_crash(meet: Meet) -> None:
    process, api = meet(CREATED)
    process.add(failing("after"))
    wait_until(lambda: process.record().started >= 10)
    one_operation(process)
    assert list(process.record().endpoints) == [f"POST {JOBS}"]
    assert process.endpoint().succeeded == process.record().started == len(api.requests)
    process.agent.report()
    assert process.sent[-1].crashes == ["Unlucky: ValueError: out of luck"]


def test_an_exception_within_the_operation_is_its_failure_and_a_crash(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(body: bytes, keys: tuple[str, ...]) -> str | None:
        raise RecursionError("too deep")

    monkeypatch.setattr(users_module, "missing_keys", fall_over)
    process, _ = meet(CREATED, plan=scenario(expect={"json": ["id"]}))
    process.add()
    one_operation(process)
    endpoint = process.endpoint()
    assert endpoint.failed == endpoint.started
    assert endpoint.errors.examples == {"exception-RecursionError": "too deep"}
    process.agent.report()
    assert process.sent[-1].crashes == ["JobSubmitter: RecursionError: too deep"]


def test_locust_hears_of_the_exception(meet: Meet) -> None:
    heard: list[BaseException] = []
    process, _ = meet(CREATED)
    process.environment.events.user_error.add_listener(
        lambda exception, **_: heard.append(exception)
    )
    process.add(failing("before"))
    wait_until(lambda: heard)
    assert isinstance(heard[0], ValueError)


class Careful(JobSubmitter):
    """Waits for something of its own before it sends."""

    gate: Any

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        self.gate.wait()
        super().perform(intended_s, stage)


def test_users_that_have_not_sent_yet_are_not_taken_for_those_that_fail(meet: Meet) -> None:
    gate = gevent.event.Event()
    process, _ = meet(CREATED)
    careful = process.add(type("Careful", (Careful,), {"gate": gate}))
    wait_until(lambda: careful.busy)
    process.add(failing("after"))
    wait_until(lambda: process.succeeded() >= 4)
    gate.set()
    one_operation(process)
    assert list(process.record().endpoints) == [f"POST {JOBS}"]


@pytest.mark.parametrize("way", ["killed", "stops itself"])
def test_a_user_that_ends_before_it_sends_leaves_a_censored_arrival(meet: Meet, way: str) -> None:
    process, _ = meet(CREATED)
    if way == "killed":
        user = process.add(type("Careful", (Careful,), {"gate": gevent.event.Event()}))
        wait_until(lambda: user.busy)
        user.stop(force=True)
    else:
        user = process.add(failing("before", StopUser))
    wait_until(lambda: user.greenlet.dead)
    assert process.endpoint(type(user).__name__).censored == 1
    assert process.ended() == process.record().started


class Idle(ArrivalUser):
    def prepare(self, workload: Workload) -> None:
        pass

    def perform(self, intended_s: float, stage: StageRecord) -> None:
        pass


class Greedy(JobSubmitter):
    def perform(self, intended_s: float, stage: StageRecord) -> None:
        super().perform(intended_s, stage)
        super().perform(intended_s, stage)


@pytest.mark.parametrize(
    ("user_class", "complaint"),
    [(Idle, "without a call of operate"), (Greedy, "called operate twice")],
)
def test_a_user_class_that_does_not_make_one_operation_of_an_arrival_is_told_so(
    meet: Meet, user_class: type[ArrivalUser], complaint: str
) -> None:
    process, _ = meet(CREATED)
    process.add(user_class)
    wait_until(lambda: process.ended() >= 3)
    process.agent.report()
    (crash,) = process.sent[-1].crashes
    assert crash.startswith(f"{user_class.__name__}: RuntimeError: ")
    assert complaint in crash


@pytest.mark.timeout(20)
@pytest.mark.parametrize("reason", ["exception", "no rows", "refused"])
def test_users_without_a_rate_that_fail_at_once_do_not_stop_the_world(
    meet: Meet, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason == "refused":
        monkeypatch.setattr(HttpClient, "exchange", refuse_at_once)
    file = str(tmp_path / "missing.jsonl")
    plan = closed(retries=0, payload={"file": file} if reason == "no rows" else None)
    process, _ = meet(CREATED, plan=plan)
    began_s = perf_counter()
    user = process.add(Idle if reason == "exception" else JobSubmitter)
    gevent.sleep(0.05)
    assert perf_counter() - began_s < 5.0
    assert process.record().overall().failed > 3
    user.stop()
    wait_until(lambda: user.greenlet.dead)


def refuse_at_once(*_: object, **__: object) -> NoReturn:
    """As some systems do on loopback: without waiting for anything."""
    raise HttpError(ErrorKind.CONNECT_REFUSED, "connection refused")


# --- secrets --------------------------------------------------------------------------------

TOKEN = "s3cr3t-t0ken-of-the-team"


@pytest.mark.parametrize("padding", [0, 150, 180, 195, 250])
def test_a_secret_that_the_target_repeats_is_in_no_error_text(meet: Meet, padding: int) -> None:
    def repeating(request: Request) -> Answer:
        return 401, b"x" * padding + request.headers["authorization"].encode() + b"y" * 500

    plan = scenario(headers={"Authorization": "Bearer ${TOKEN}"})
    process, api = meet(script=repeating, plan=plan, environ={"TOKEN": TOKEN})
    process.add()
    one_operation(process)
    assert api.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    shown = process.endpoint().errors.examples["http-401"]
    assert not any(TOKEN[n : n + 4] in shown for n in range(len(TOKEN) - 3))


def test_of_two_secrets_the_longer_is_masked_first(meet: Meet) -> None:
    plan = scenario(headers={f"X-Token-{n}": f"${{T{n}}}" for n in range(8)})
    environ = {f"T{n}": TOKEN[: 4 + 2 * n] for n in range(8)}
    process, _ = meet((401, TOKEN[:18].encode()), plan=plan, environ=environ)
    process.add()
    one_operation(process)
    assert process.endpoint().errors.examples == {"http-401": "***"}


def test_a_secret_in_an_exception_is_in_no_report(meet: Meet) -> None:
    class Telling(JobSubmitter):
        def perform(self, intended_s: float, stage: StageRecord) -> None:
            raise ValueError(f"{TOKEN} was refused")

    plan = scenario(headers={"Authorization": "${TOKEN}"})
    process, _ = meet(CREATED, plan=plan, environ={"TOKEN": TOKEN})
    process.add(Telling)
    one_operation(process)
    process.agent.report()
    assert TOKEN not in repr(process.sent[-1])
    assert process.sent[-1].crashes == ["Telling: ValueError: *** was refused"]


@pytest.mark.usefixtures("_no_pauses")
def test_a_secret_in_a_reply_that_is_no_http_is_in_no_report(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripted_api._rendered", lambda *_: TOKEN.encode() + b"\r\n\r\n")
    plan = scenario(headers={"Authorization": "${TOKEN}"})
    process, _ = meet(CREATED, plan=plan, environ={"TOKEN": TOKEN})
    process.add()
    one_operation(process)
    assert process.endpoint().failed == process.record().started
    process.agent.report()
    assert TOKEN not in repr(process.sent[-1])


# --- scenarios and watchers -----------------------------------------------------------------


def test_a_user_takes_up_the_request_of_the_next_scenario(meet: Meet) -> None:
    process, api = meet(CREATED, plan=scenario(), then=scenario(name="b", endpoint="/other"))
    user = process.add()
    wait_until(lambda: process.succeeded() >= 3)
    process.say("drain", 0, drain_s=5.0)
    wait_until(lambda: not user.busy)
    process.say("load", 1)
    wait_until(lambda: process.succeeded((1, 0)) >= 3)
    first, second = api.paths.index("/other"), len(api.paths)
    assert set(api.paths[:first]) == {JOBS}
    assert set(api.paths[first:second]) == {"/other"}
    assert len({request.key for request in api.requests}) == len(api.requests)


def jobs_api(request: Request) -> Answer:
    if request.path.startswith(f"{JOBS}?"):
        return 200, json.dumps([{"id": f"job {n}", "status": "pending"} for n in range(3)]).encode()
    return 200, b'{"status": "pending"}'


def test_a_watcher_lists_jobs_and_then_reads_them_one_by_one(meet: Meet) -> None:
    process, api = meet(script=jobs_api)
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 8)
    listing, reads = f"{JOBS}?limit=20", [f"{JOBS}/job%20{n}" for n in range(3)]
    assert api.paths[:8] == [listing, *reads, listing, *reads]
    process.close_stage()
    wait_until(lambda: process.ended() == process.record().started)
    lists, single = process.endpoint(f"GET {JOBS}"), process.endpoint(f"GET {JOBS}/{{id}}")
    assert lists.succeeded + single.succeeded == len(api.requests)
    assert JobWatcher.labels(scenario()) == tuple(process.record().endpoints)


def test_a_watcher_judges_its_replies_by_status_alone(meet: Meet) -> None:
    """What the scenario expects is said of the submission."""
    plan = scenario(expect={"status": [201], "json": ["id"]})
    process, api = meet(script=jobs_api, plan=plan)
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 5)
    assert process.record().overall().failed == 0


@pytest.mark.parametrize(
    "listing",
    [b"", b"oops", b"{}", b'[1, null, {"name": 1}, []]', b'[{"id": "a\\r\\nX-Evil: 1 /\xc3\xa9"}]'],
)
def test_a_list_that_makes_no_sense_is_the_target_s_doing(meet: Meet, listing: bytes) -> None:
    process, api = meet((200, listing))
    process.add(JobWatcher)
    wait_until(lambda: len(api.requests) >= 4)
    process.agent.report()
    assert process.sent[-1].crashes == []
    assert process.record().overall().failed == 0
    assert not any("x-evil" in request.headers for request in api.requests)


def test_locust_s_own_statistics_are_fed_with_the_service_time(meet: Meet) -> None:
    fired: list[dict[str, Any]] = []
    process, _ = meet(CREATED, (404, b"gone"))
    process.environment.events.request.add_listener(lambda **told: fired.append(told))
    process.add()
    wait_until(lambda: len(fired) >= 2)
    good, bad = fired[:2]
    assert (good["request_type"], good["name"], good["exception"]) == ("POST", JOBS, None)
    assert good["response_length"] == len(b'{"id": "j1"}')
    assert 0 < good["response_time"] < 5_000
    assert bad["exception"] == "http-404"


def test_keys_that_were_never_acknowledged_are_in_the_ledger(meet: Meet) -> None:
    process, _ = meet(CREATED, (404, b""), CREATED)
    user = process.add()
    wait_until(lambda: process.ended() >= 5)
    process.close_stage()
    wait_until(lambda: not user.busy)
    process.agent.finish(1.0)
    (entry,) = process.sent[-1].ledger
    assert (entry.user, entry.keys) == (user.number, process.record().started)
    assert entry.unacknowledged == [2]
