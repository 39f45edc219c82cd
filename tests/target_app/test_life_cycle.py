"""From pending to one final state, whatever happens to the workers."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

import psutil
import pytest
from target_process import (
    JOBS,
    Client,
    RedisProcess,
    TargetProcess,
    running_redis,
    running_target,
    wait_until,
)

FINAL = {"succeeded", "failed", "cancelled"}


@pytest.fixture
def redis() -> Iterator[RedisProcess]:
    with running_redis() as server:
        yield server


def job_workers(target: TargetProcess) -> list[psutil.Process]:
    return [child for child in psutil.Process(target.process.pid).children() if _works(child)]


def _works(process: psutil.Process) -> bool:
    try:
        return "target_app.job_worker" in process.cmdline()
    except psutil.NoSuchProcess:  # killed a moment ago
        return False


def status_of(client: Client, job_id: str) -> str:
    return str(client.get(f"{JOBS}/{job_id}").json["status"])


def cancel(client: Client, job_id: str) -> int:
    return client.request("DELETE", f"{JOBS}/{job_id}").status


def by_status(client: Client) -> Counter[str]:
    return Counter(client.get("/-/stats").json["by_status"])


def test_without_a_job_worker_jobs_stay_pending(redis: RedisProcess) -> None:
    with running_target(redis.url) as target:
        client = target.client()
        job = client.get(client.submit().headers["location"]).json
        assert (job["status"], job["started_at"], job["attempts"]) == ("pending", None, 0)


def test_a_worker_brings_a_job_to_its_end(redis: RedisProcess) -> None:
    with running_target(redis.url, job_workers=1, job_duration_ms=30) as target:
        client = target.client()
        job_id = client.submit().json["id"]
        wait_until(lambda: status_of(client, job_id) == "succeeded")
        job = client.get(f"{JOBS}/{job_id}").json
        assert job["created_at"] < job["started_at"] < job["finished_at"]
        assert job["attempts"] == 1
        assert [row["id"] for row in client.get(f"{JOBS}?status=succeeded").json] == [job_id]
        assert client.get(f"{JOBS}?status=pending").json == []
        assert cancel(client, job_id) == 409


def test_a_replay_gets_the_first_answer_although_the_job_has_gone_on(redis: RedisProcess) -> None:
    with running_target(redis.url, job_workers=1) as target:
        client = target.client()
        first = client.submit(key="k")
        wait_until(lambda: status_of(client, first.json["id"]) == "succeeded")
        again = client.submit(key="k")
        assert (again.status, again.body) == (201, first.body)
        assert status_of(client, first.json["id"]) == "succeeded"


def test_jobs_fail_in_the_share_that_was_asked_for(redis: RedisProcess) -> None:
    with running_target(
        redis.url, job_workers=1, job_failure_share=0.3, job_duration_ms=0
    ) as target:
        client = target.client()
        for _ in range(300):
            client.submit()
        wait_until(lambda: by_status(client).total() == sum(by_status(client)[s] for s in FINAL))
        found = by_status(client)
        assert found["failed"] + found["succeeded"] == 300
        assert 50 < found["failed"] < 130


def test_a_pending_job_is_cancelled_and_never_run(redis: RedisProcess) -> None:
    with running_target(redis.url) as target:
        client = target.client()
        job_id = client.submit().json["id"]
        assert cancel(client, job_id) == 200
    with running_target(redis.url, job_workers=1) as target:
        client = target.client()
        other = client.submit().json["id"]
        wait_until(lambda: status_of(client, other) == "succeeded")
        assert status_of(client, job_id) == "cancelled"
        assert cancel(client, job_id) == 200  # once more changes nothing
    with redis.client() as database:
        assert database.hget(f"jobload:target:job:{job_id}", "ends") == b"1"


def test_a_running_job_is_cancelled_and_its_worker_can_not_end_it_again(
    redis: RedisProcess,
) -> None:
    with running_target(redis.url, job_workers=1, job_duration_ms=400) as target:
        client = target.client()
        job_id = client.submit().json["id"]
        wait_until(lambda: status_of(client, job_id) == "running")
        assert cancel(client, job_id) == 200
        later = client.submit().json["id"]  # ends after the cancelled one would have
        wait_until(lambda: status_of(client, later) == "succeeded")
        assert status_of(client, job_id) == "cancelled"


def test_what_is_not_there_cannot_be_cancelled(redis: RedisProcess) -> None:
    with running_target(redis.url) as target:
        client = target.client()
        assert cancel(client, "0" * 32) == 404
        assert cancel(client, "nonsense") == 404


def test_a_job_that_takes_longer_than_its_lease_ends_once_all_the_same(
    redis: RedisProcess,
) -> None:
    with running_target(redis.url, job_workers=1, job_lease_s=0.1, job_duration_ms=500) as target:
        client = target.client()
        job_id = client.submit().json["id"]
        wait_until(lambda: status_of(client, job_id) == "succeeded")
        job = client.get(f"{JOBS}/{job_id}").json
        assert job["attempts"] > 1
        time.sleep(0.6)  # the other attempts come to their end
        assert client.get(f"{JOBS}/{job_id}").json == job
    with redis.client() as database:
        assert database.hget(f"jobload:target:job:{job_id}", "ends") == b"1"
        assert database.exists("jobload:target:leases") == 0


def test_twenty_kills_of_the_worker_lose_no_job_and_end_none_twice(redis: RedisProcess) -> None:
    with running_target(
        redis.url, job_workers=1, job_lease_s=0.5, job_duration_ms=20, job_slots=20
    ) as target:
        client = target.client()
        jobs: list[str] = []
        for _ in range(20):
            wait_until(lambda: len(job_workers(target)) == 1)
            batch = [client.submit().json["id"] for _ in range(20)]
            wait_until(partial(_at_work, client, batch[0]))
            jobs += batch
            job_workers(target)[0].kill()
        wait_until(lambda: sum(by_status(client)[status] for status in FINAL) == len(jobs), 30)
    with redis.client() as database:
        ends = [database.hget(f"jobload:target:job:{job_id}", "ends") for job_id in jobs]
        assert ends == [b"1"] * len(jobs)
        attempts = [int(database.hget(f"jobload:target:job:{i}", "attempts") or 0) for i in jobs]
        assert max(attempts) > 1  # the kills did hit running jobs


def _at_work(client: Client, job_id: str) -> bool:
    return status_of(client, job_id) != "pending"


def test_an_orderly_stop_finishes_what_runs(redis: RedisProcess) -> None:
    with running_target(redis.url, job_workers=1, job_duration_ms=300) as target:
        client = target.client()
        job_id = client.submit().json["id"]
        wait_until(lambda: status_of(client, job_id) == "running")
        target.process.send_signal(signal.SIGTERM)
        assert target.process.wait(10) == 0
    with redis.client() as database:
        assert database.hget(f"jobload:target:job:{job_id}", "status") == b"succeeded"


def test_the_worker_goes_on_after_redis_was_away() -> None:
    with (
        running_redis(appendonly="yes") as redis,
        running_target(redis.url, job_workers=1) as target,
    ):
        client = target.client()
        redis.kill()
        assert client.submit().status == 503
        redis.start()
        wait_until(lambda: client.submit().status == 201)
        wait_until(lambda: by_status(client)["succeeded"] == 1)
