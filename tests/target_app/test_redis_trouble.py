"""Redis stopped, killed, full, read-only or forgetful: 503 within a second, then all is well."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from target_process import (
    JOBS,
    Answer,
    Client,
    RedisProcess,
    TargetProcess,
    running_redis,
    running_target,
    wait_until,
)


@pytest.fixture
def redis() -> Iterator[RedisProcess]:
    with running_redis(appendonly="yes", appendfsync="always") as server:
        yield server


@pytest.fixture
def target(redis: RedisProcess) -> Iterator[TargetProcess]:
    with running_target(redis.url) as process:
        yield process
        assert "Traceback" not in process.log.read_text()


@pytest.fixture
def client(target: TargetProcess) -> Iterator[Client]:
    client = target.client()
    wait_until(lambda: client.get("/readyz").status == 200)
    yield client
    client.close()


def assert_unavailable(answer: Answer) -> None:
    assert answer.status == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"


def test_nobody_waits_longer_than_a_second_for_a_redis_that_hangs(
    target: TargetProcess, client: Client, redis: RedisProcess
) -> None:
    def timed(number: int) -> tuple[float, Answer]:
        mine = target.client()
        began = time.monotonic()
        answer = mine.submit() if number % 2 else mine.get(JOBS)
        mine.close()
        return time.monotonic() - began, answer

    os.kill(redis.process.pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(20) as pool:
            for took_s, answer in pool.map(timed, range(20)):
                assert_unavailable(answer)
                assert took_s < 1
        assert_unavailable(client.get("/readyz"))
        assert client.get("/healthz").status == 200
    finally:
        os.kill(redis.process.pid, signal.SIGCONT)
    wait_until(lambda: client.submit().status == 201, within_s=1)


def test_a_request_that_a_hanging_redis_finished_later_is_one_job(
    client: Client, redis: RedisProcess
) -> None:
    os.kill(redis.process.pid, signal.SIGSTOP)
    assert_unavailable(client.submit(key="k", run="r"))
    os.kill(redis.process.pid, signal.SIGCONT)
    wait_until(lambda: client.submit(key="k", run="r").status == 201)
    assert client.get("/-/runs/r").json["jobs"] == 1


def test_an_acknowledged_job_survives_the_kill_of_a_durable_redis(
    client: Client, redis: RedisProcess
) -> None:
    created = client.submit()
    redis.kill()
    assert_unavailable(client.submit())
    assert_unavailable(client.get(created.headers["location"]))
    redis.start()
    wait_until(lambda: client.submit().status == 201, within_s=1)
    assert client.get(created.headers["location"]).status == 200


def test_a_full_redis_stores_no_half_job(client: Client, redis: RedisProcess) -> None:
    with redis.client() as database:
        database.config_set("maxmemory-policy", "noeviction")
        database.config_set("maxmemory", 1)
        before = sorted(database.keys())
        assert_unavailable(client.submit(key="k", run="r"))
        assert sorted(database.keys()) == before
        assert client.get(JOBS).status == 200
        database.config_set("maxmemory", 0)
    assert client.submit(key="k", run="r").status == 201
    # The refused one was seen, and is told to Redis as soon as it has room.
    seen = {"run_id": "r", "requests": 2, "jobs": 1}
    wait_until(lambda: client.get("/-/runs/r").json == seen)


def test_a_read_only_redis_refuses_jobs_and_still_lists_them(
    client: Client, redis: RedisProcess
) -> None:
    created = client.submit()
    with redis.client() as database:
        database.execute_command("REPLICAOF", "127.0.0.1", "1")
        assert_unavailable(client.submit())
        assert client.get(created.headers["location"]).status == 200
        database.execute_command("REPLICAOF", "NO", "ONE")
    assert client.submit().status == 201


def test_scripts_that_redis_has_forgotten_are_sent_again(
    client: Client, redis: RedisProcess
) -> None:
    with redis.client() as database:
        database.script_flush()
    assert client.submit().status == 201
    assert len(client.get(JOBS).json) == 1


def test_the_target_starts_without_redis_and_serves_when_it_comes(redis: RedisProcess) -> None:
    redis.kill()
    with running_target(redis.url) as target:
        client = target.client()
        assert_unavailable(client.submit())
        redis.start()
        wait_until(lambda: client.submit().status == 201, within_s=1)
        client.close()


def test_an_outage_is_one_line_in_the_log(
    target: TargetProcess, client: Client, redis: RedisProcess
) -> None:
    redis.kill()
    for _ in range(50):
        assert_unavailable(client.submit())
    redis.start()
    wait_until(lambda: client.submit().status == 201)
    assert len(target.log.read_text().splitlines()) <= 1
