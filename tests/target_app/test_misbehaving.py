"""The behaviour script acted out by a running target, and set through its admin port."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from target_process import (
    JOBS,
    Client,
    RedisProcess,
    TargetProcess,
    running_redis,
    running_target,
)

from target_app.behaviour import Behaviour


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisProcess]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module")
def target(redis: RedisProcess) -> Iterator[TargetProcess]:
    with running_target(redis.url, admin=True) as process:
        yield process
        assert process.log.read_text() == ""  # also dropped connections are no errors


@pytest.fixture
def client(target: TargetProcess) -> Iterator[Client]:
    client = target.client()
    yield client
    client.close()


@pytest.fixture
def admin(target: TargetProcess) -> Iterator[Client]:
    admin = Client(target.admin_port)
    yield admin
    admin.request("DELETE", "/behaviour")
    admin.close()


def put(admin: Client, **parts: Any) -> None:
    answer = admin.request("PUT", "/behaviour", json.dumps(parts).encode())
    assert answer.status == 200, answer.body


def took_ms(client: Client) -> float:
    began = time.perf_counter()
    assert client.submit().status == 201
    return (time.perf_counter() - began) * 1000


def test_the_admin_port_shows_sets_and_ends_the_behaviour(admin: Client) -> None:
    assert admin.get("/behaviour").json is None
    put(admin, seed=5, latency={"ms": 1})
    assert admin.get("/behaviour").json["latency"]["ms"] == 1
    assert admin.request("DELETE", "/behaviour").status == 204
    assert admin.get("/behaviour").json is None


def test_a_wrong_script_changes_nothing_and_names_the_place(admin: Client) -> None:
    put(admin, latency={"ms": 1})
    answer = admin.request("PUT", "/behaviour", b'{"latency": {"ms": -1}}')
    assert answer.status == 422
    assert "latency.ms" in answer.json["detail"]
    assert admin.request("PUT", "/behaviour", b" " * (1 << 20)).status == 422
    assert admin.get("/behaviour").json["latency"]["ms"] == 1


def test_the_public_port_has_no_behaviour_and_the_admin_port_no_readings(
    client: Client, admin: Client
) -> None:
    assert client.get("/behaviour").status == 404
    assert client.request("PUT", "/behaviour", b"{}").status == 404
    assert admin.get("/-/stats").status == 404


def test_the_latency_is_what_was_asked_for(client: Client, admin: Client) -> None:
    put(admin, latency={"ms": 50})
    least = min(took_ms(client) for _ in range(10))
    assert 49 <= least < 55
    admin.request("DELETE", "/behaviour")
    assert min(took_ms(client) for _ in range(10)) < 20


def test_health_and_counts_stay_untouched(client: Client, admin: Client) -> None:
    put(admin, errors=[{"status": 500, "share": 1}])
    assert client.submit().status == 500
    assert client.get(JOBS).status == 500
    for path in ("/healthz", "/readyz", "/-/stats"):
        assert client.get(path).status == 200


def test_errors_come_in_their_shares_in_the_order_of_the_seed(
    client: Client, admin: Client
) -> None:
    errors = [{"status": 500, "share": 0.2}, {"status": 429, "share": 0.1}]

    def statuses() -> list[int]:
        put(admin, seed=11, errors=errors)
        return [client.submit(run="shares").status for _ in range(200)]

    first = statuses()
    random = Behaviour(seed=11).random("errors")
    draws = [random.random() for _ in range(200)]
    assert first == [500 if draw < 0.2 else 429 if draw < 0.3 else 201 for draw in draws]
    assert statuses() == first
    counted = client.get("/-/runs/shares").json
    assert (counted["requests"], counted["jobs"]) == (400, 2 * first.count(201))


def test_a_request_dropped_before_the_write_has_no_effect_but_is_counted(
    client: Client, admin: Client
) -> None:
    run = uuid4().hex
    put(admin, drops={"before": 1})
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        client.submit(run=run)
    client.close()
    counted = client.get(f"/-/runs/{run}").json
    assert (counted["requests"], counted["jobs"]) == (1, 0)


def test_a_reply_cut_after_the_write_and_the_retry_are_one_job(
    client: Client, admin: Client
) -> None:
    run = uuid4().hex
    put(admin, drops={"after": 1})
    with pytest.raises(http.client.IncompleteRead):
        client.submit(key=run, run=run)
    client.close()
    admin.request("DELETE", "/behaviour")
    assert client.submit(key=run, run=run).status == 201
    counted = client.get(f"/-/runs/{run}").json
    assert (counted["requests"], counted["jobs"]) == (2, 1)


def test_over_the_limit_comes_503_with_retry_after(client: Client, admin: Client) -> None:
    put(admin, limit={"per_s": 0.001, "burst": 3})
    answers = [client.submit() for _ in range(5)]
    assert [answer.status for answer in answers] == [201] * 3 + [503] * 2
    assert answers[-1].headers["retry-after"] == "1"


def test_a_queue_serves_in_order_at_its_rate(target: TargetProcess, admin: Client) -> None:
    put(admin, queue={"service": {"ms": 20}})

    def answered_at(_: int) -> float:
        mine = target.client()
        assert mine.submit().status == 201
        mine.close()
        return time.perf_counter()

    began = time.perf_counter()
    with ThreadPoolExecutor(10) as pool:
        ends = sorted(pool.map(answered_at, range(10)))
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    assert 0.2 <= ends[-1] - began < 0.4
    assert sorted(gaps)[len(gaps) // 2] == pytest.approx(0.02, abs=0.005)


def test_a_stall_holds_answers_back_until_it_ends(client: Client, admin: Client) -> None:
    put(admin, stalls={"every_s": 60, "for_s": 0.5, "first_s": 0})
    assert 300 < took_ms(client) < 550
    assert took_ms(client) < 100


def test_a_script_given_at_the_start_applies_from_the_first_request(redis: RedisProcess) -> None:
    script = '{"errors": [{"status": 502, "share": 1}]}'
    with running_target(redis.url, behaviour=script) as target:
        client = target.client()
        assert client.submit().status == 502
        client.close()


@pytest.mark.parametrize(
    ("environ", "arguments", "sentence"),
    [
        ({"BEHAVIOUR": '{"latency": {"ms": -1}}'}, [], "latency.ms"),
        ({"BEHAVIOUR": "{}", "WORKERS": "2"}, [], "one worker process"),
        ({"WORKERS": "2"}, ["--admin-port", "0"], "one worker process"),
    ],
)
@pytest.mark.parametrize("module", ["target_app", "target_app.embedded"])
def test_what_cannot_work_is_refused_at_the_start(
    environ: dict[str, str], arguments: list[str], sentence: str, module: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={f"JOBLOAD_TARGET_{name}": value for name, value in environ.items()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_route_computes_and_others_do_not_wait_when_it_is_not_asked_for(
    client: Client, admin: Client
) -> None:
    busy = {"method": "GET", "path": f"{JOBS}/", "ms": 60, "after_s": 0.2, "for_s": 1.0}
    job = client.submit().json["id"]
    put(admin, busy=[busy])
    put_s = time.perf_counter()

    def asked_ms() -> float:
        began = time.perf_counter()
        assert client.get(f"{JOBS}/{job}").status == 200
        return (time.perf_counter() - began) * 1000

    if (first_ms := asked_ms()) and time.perf_counter() - put_s < 0.2:
        assert first_ms < 60
    time.sleep(0.3)
    assert asked_ms() >= 60
    assert took_ms(client) < asked_ms()
    time.sleep(1.2)
    assert min(asked_ms() for _ in range(5)) < 60
