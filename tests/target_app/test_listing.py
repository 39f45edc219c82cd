from collections.abc import Iterator

import pytest
from target_process import (
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
    with running_target(redis.url) as process:
        yield process


@pytest.fixture
def client(target: TargetProcess, redis: RedisProcess) -> Iterator[Client]:
    with redis.client() as database:
        database.flushdb()
    client = target.client()
    yield client
    client.close()


def submitted(client: Client, number: int) -> list[str]:
    """Ids, newest first."""
    return [client.submit().json["id"] for _ in range(number)][::-1]


def next_page(link: str | None) -> str | None:
    if link is None:
        return None
    assert link.endswith('>; rel="next"')
    return link[1:].split(">")[0]


def test_jobs_come_newest_first_with_id_and_status(client: Client) -> None:
    ids = submitted(client, 5)
    answer = client.get(JOBS)
    assert answer.status == 200
    assert [job["id"] for job in answer.json] == ids
    assert {job["status"] for job in answer.json} == {"pending"}
    assert "link" not in answer.headers


def test_an_empty_list_is_a_list(client: Client) -> None:
    assert client.get(JOBS).json == []


def test_the_pages_hold_every_job_once_although_jobs_arrive_meanwhile(client: Client) -> None:
    ids = submitted(client, 25)
    seen: list[str] = []
    path: str | None = f"{JOBS}?limit=7"
    while path:
        answer = client.get(path)
        seen += [job["id"] for job in answer.json]
        submitted(client, 3)
        path = next_page(answer.headers.get("link"))
    assert seen == ids


def test_pages_do_not_move_when_jobs_disappear(client: Client, redis: RedisProcess) -> None:
    ids = submitted(client, 9)
    first = client.get(f"{JOBS}?limit=3")
    with redis.client() as database:
        database.zrem("jobload:target:jobs:pending", *ids[:3])
    path = next_page(first.headers["link"])
    assert path
    assert [job["id"] for job in client.get(path).json] == ids[3:6]


def test_the_last_page_has_no_next(client: Client) -> None:
    submitted(client, 4)
    assert "link" not in client.get(f"{JOBS}?limit=4").headers
    assert "link" in client.get(f"{JOBS}?limit=3").headers


def test_the_limit_is_twenty_unless_given_and_a_hundred_at_most(client: Client) -> None:
    submitted(client, 101)
    assert len(client.get(JOBS).json) == 20
    assert len(client.get(f"{JOBS}?limit=100").json) == 100
    assert client.get(f"{JOBS}?limit=101").status == 422


def test_the_status_filters(client: Client) -> None:
    ids = submitted(client, 3)
    assert [job["id"] for job in client.get(f"{JOBS}?status=pending").json] == ids
    assert client.get(f"{JOBS}?status=failed").json == []
    link = client.get(f"{JOBS}?status=pending&limit=2").headers["link"]
    path = next_page(link)
    assert path
    assert "status=pending" in path
    assert [job["id"] for job in client.get(path).json] == ids[2:]


def test_the_number_of_jobs_is_known(client: Client) -> None:
    submitted(client, 3)
    stats = client.get("/-/stats").json
    assert (stats["jobs"], stats["by_status"]["pending"]) == (3, 3)
