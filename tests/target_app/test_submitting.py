"""POST /api/v1/jobs against a real Redis, through real sockets and two server processes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from target_process import (
    JOB,
    JOBS,
    Client,
    RedisProcess,
    TargetProcess,
    running_redis,
    running_target,
)


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisProcess]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="module")
def target(redis: RedisProcess) -> Iterator[TargetProcess]:
    with running_target(redis.url, workers=2) as process:
        yield process


@pytest.fixture
def client(target: TargetProcess) -> Iterator[Client]:
    client = target.client()
    yield client
    client.close()


def counts(client: Client, run: str) -> tuple[int, int]:
    answer = client.get(f"/-/runs/{run}").json
    assert answer["run_id"] == run
    return answer["requests"], answer["jobs"]


def test_a_job_is_created_and_found_where_location_says(client: Client) -> None:
    answer = client.submit()
    assert answer.status == 201
    assert answer.json["status"] == "pending"
    assert answer.headers["location"] == f"{JOBS}/{answer.json['id']}"
    found = client.get(answer.headers["location"])
    assert found.status == 200
    assert found.json.items() >= (JOB | {"id": answer.json["id"], "status": "pending"}).items()


def test_a_repeated_request_gets_the_same_answer_and_makes_no_second_job(client: Client) -> None:
    run, key = uuid4().hex, uuid4().hex
    first = client.submit(key=key, run=run)
    again = client.submit(key=f'"{key}"', run=run)  # as the draft quotes it
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["location"] == first.headers["location"]
    assert counts(client, run) == (2, 1)


def test_a_key_used_with_another_body_is_refused_and_the_job_stays_as_it_was(
    client: Client,
) -> None:
    run, key = uuid4().hex, uuid4().hex
    first = client.submit(key=key, run=run)
    other = client.submit(JOB | {"priority": 2}, key=key, run=run)
    assert other.status == 422
    assert other.headers["content-type"] == "application/problem+json"
    assert client.get(first.headers["location"]).json["priority"] == JOB["priority"]
    assert counts(client, run) == (2, 1)


def test_many_at_once_with_one_key_make_exactly_one_job(target: TargetProcess) -> None:
    run, key = uuid4().hex, uuid4().hex
    clients = [target.client() for _ in range(24)]
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda c: c.submit(key=key, run=run), clients))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 1
    assert counts(clients[0], run) == (24, 1)
    for client in clients:
        client.close()


def test_without_a_key_each_request_is_a_job_of_its_own(client: Client) -> None:
    assert client.submit().json["id"] != client.submit().json["id"]


def test_refused_requests_are_counted_too(client: Client) -> None:
    run = uuid4().hex
    assert client.submit(b"no json", run=run).status == 400
    assert client.submit(JOB | {"priority": 9}, run=run).status == 422
    assert client.submit(run=run).status == 201
    assert counts(client, run) == (3, 1)


def test_runs_are_counted_for_themselves_over_all_workers(target: TargetProcess) -> None:
    one, other = uuid4().hex, uuid4().hex
    for number in range(20):
        client = target.client()  # a new connection may reach either worker
        client.submit(run=one)
        if number % 2:
            client.submit(run=other)
        client.close()
    client = target.client()
    assert (counts(client, one), counts(client, other)) == ((20, 20), (10, 10))
    client.close()


def test_the_operations_of_a_run_are_listed_with_their_jobs(client: Client) -> None:
    run = uuid4().hex
    stored = {key: client.submit(key=key, run=run).json["id"] for key in (run + "a", run + "b")}
    client.submit(key=run + "a", run=run)  # a replay is no second operation
    first = client.get(f"/-/runs/{run}/operations?limit=1").json
    rest = client.get(f"/-/runs/{run}/operations?cursor={first['next']}").json
    found = first["operations"] + rest["operations"]
    assert {row["key"]: row["job_id"] for row in found} == stored
    assert [row["status"] for row in found] == ["pending", "pending"]
    assert rest["next"] is None


def test_an_operation_whose_job_is_gone_is_not_hidden(client: Client, redis: RedisProcess) -> None:
    run = uuid4().hex
    job = client.submit(run=run).json["id"]
    with redis.client() as database:
        assert database.delete(f"jobload:target:job:{job}") == 1
    (operation,) = client.get(f"/-/runs/{run}/operations").json["operations"]
    assert operation == {"key": None, "job_id": job, "status": None}


def test_a_run_can_be_forgotten_and_others_stay(client: Client, redis: RedisProcess) -> None:
    run, other = uuid4().hex, uuid4().hex
    kept = client.submit(run=other).headers["location"]
    gone = [client.submit(run=run).headers["location"] for _ in range(450)]
    before = client.get("/-/stats").json["jobs"]
    assert client.request("DELETE", f"/-/runs/{run}").status == 204
    assert {client.get(location).status for location in gone} == {404}
    assert client.get(kept).status == 200
    assert counts(client, run) == (0, 0)
    assert counts(client, other) == (1, 1)
    assert client.get("/-/stats").json["jobs"] == before - len(gone)
    with redis.client() as database:
        assert not list(database.scan_iter(f"*{run}*"))


def test_a_job_and_its_run_expire(redis: RedisProcess) -> None:
    with running_target(redis.url, key_prefix="brief:", job_ttl_s=600) as target:
        client = target.client()
        client.submit(run="r")
        client.close()
    with redis.client() as database:
        lasting = [key for key in database.scan_iter("brief:*") if not 0 < database.ttl(key) <= 600]
    assert sorted(lasting) == [b"brief:clock", b"brief:jobs:pending"]


def test_expired_jobs_leave_the_list_and_the_index(redis: RedisProcess) -> None:
    with running_target(redis.url, key_prefix="ttl:", job_ttl_s=1) as target:
        client = target.client()
        old = client.submit().json["id"]
        with redis.client() as database:
            database.zadd("ttl:jobs:pending", {old: 1})  # as if it were long ago
            assert client.get(JOBS).json == []
            new = client.submit().json["id"]
            assert database.zrange("ttl:jobs:pending", 0, -1) == [new.encode()]
        client.close()
