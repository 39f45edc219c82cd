import time
from collections.abc import Iterator

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from target_process import JOBS, Client, RedisProcess, running_redis, running_target, wait_until

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisProcess]:
    with running_redis() as server:
        yield server


def samples(client: Client) -> Samples:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def full_name(name: str) -> str:
    return name if name.startswith("process_") else f"jobload_target_{name}"


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((full_name(name), frozenset(labels.items())), 0)


def settled(client: Client, name: str, count: float, **labels: str) -> Samples:
    """A process may count a reply only after it has sent it."""
    found: list[Samples] = []

    def counted() -> bool:
        found[:] = [samples(client)]
        rows = [
            v
            for (n, of), v in found[0].items()
            if n == f"jobload_target_{name}" and set(labels.items()) <= of
        ]
        return sum(rows) >= count

    wait_until(counted)
    return found[0]


def test_the_requests_of_all_processes_are_counted(redis: RedisProcess) -> None:
    with running_target(redis.url, workers=3) as target:
        for _ in range(30):
            client = target.client()  # a new connection may reach any of them
            assert client.submit().status == 201
            assert client.submit(b"").status == 400
            client.get(JOBS)
            client.close()
        found = settled(target.client(), "requests_total", 30, route=JOBS, method="GET")
    post = {"route": JOBS, "method": "POST"}
    assert value(found, "requests_total", status="201", **post) == 30
    assert value(found, "requests_total", status="400", **post) == 30
    assert value(found, "requests_total", route=JOBS, method="GET", status="200") == 30
    assert value(found, "request_seconds_count", **post) == 60
    assert value(found, "request_seconds_bucket", le="+Inf", **post) == 60
    assert 0 < value(found, "request_seconds_sum", **post) < 30
    assert value(found, "requests_in_flight") == 1  # this one
    assert value(found, "jobs", status="pending") == 30


def test_the_latency_falls_into_its_bucket(redis: RedisProcess) -> None:
    with running_target(redis.url, behaviour='{"latency": {"ms": 30}}') as target:
        client = target.client()
        for _ in range(5):
            client.submit()
        found = samples(client)
    post = {"route": JOBS, "method": "POST"}
    assert value(found, "request_seconds_bucket", le="0.02", **post) == 0
    assert value(found, "request_seconds_bucket", le="0.1", **post) == 5


def test_a_dropped_connection_has_no_status(redis: RedisProcess) -> None:
    with running_target(redis.url, behaviour='{"drops": {"before": 1}}') as target:
        with pytest.raises(OSError):
            target.client().submit()
        wait_until(lambda: value(samples(target.client()), "requests_in_flight") == 1)
        found = samples(target.client())
    labels = {"route": JOBS, "method": "POST", "status": "dropped"}
    assert value(found, "requests_total", **labels) == 1


def test_without_redis_the_metrics_are_there_and_count_its_errors() -> None:
    with running_redis() as redis, running_target(redis.url) as target:
        client = target.client()
        redis.kill()
        for _ in range(3):
            assert client.submit().status == 503
        found = samples(client)
    assert value(found, "redis_errors_total") >= 3
    assert value(found, "requests_total", route=JOBS, method="POST", status="503") == 3


def test_the_cpu_time_of_all_processes_is_told_also_of_one_that_was_replaced(
    redis: RedisProcess,
) -> None:
    with running_target(redis.url, workers=2) as target:
        servers = psutil.Process(target.process.pid)

        def submit(times: int) -> None:
            for _ in range(times):
                client = target.client()  # a new connection may reach any of them
                assert client.submit().status == 201
                client.close()

        def cpu_s() -> float:
            return value(samples(target.client()), "process_cpu_seconds_total")

        submit(60)
        before_s = cpu_s()
        # The kernel counts hundredths; each process tells what it had used at its last reply.
        used_s = sum(sum(child.cpu_times()[:2]) for child in servers.children())
        assert 0.5 * used_s < before_s < used_s + 0.1
        victim = servers.children()[0]
        start_s = sum(victim.cpu_times()[:2])
        victim.kill()
        wait_until(lambda: len(servers.children()) == 2)
        for _ in range(12):  # few, for each costs CPU time as well
            if cpu_s() > before_s + 0.5 * start_s:
                break
            time.sleep(0.5)
        assert cpu_s() > before_s + 0.5 * start_s
