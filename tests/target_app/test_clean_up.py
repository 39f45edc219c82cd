import subprocess
import sys

import pytest
from target_process import running_redis, running_target


def clean(redis_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "target_app", "--clean", "--redis-url", redis_url]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_only_the_target_s_own_keys_are_removed_and_nothing_is_flushed() -> None:
    with running_redis() as redis, redis.client() as database:
        foreign = [f"foreign:{number}" for number in range(2000)]
        foreign += ["jobload:targe", "jobload:other:job:1", "xjobload:target:job:1"]
        database.mset(dict.fromkeys(foreign, "x"))
        with running_target(redis.url) as target:
            client = target.client()
            for _ in range(50):
                assert client.submit(run="r").status == 201
            client.close()
        done = clean(redis.url)
        assert (done.returncode, done.stderr) == (0, "54 keys removed\n")
        assert {key.decode() for key in database.scan_iter()} == set(foreign)
        assert not {"cmdstat_flushdb", "cmdstat_flushall"} & set(database.info("commandstats"))


def test_a_prefix_is_taken_literally(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBLOAD_TARGET_KEY_PREFIX", "a*[b]?:")
    with running_redis() as redis, redis.client() as database:
        database.mset({"a*[b]?:job": 1, "axxb?:job": 1, "a*b.:job": 1})
        assert clean(redis.url).returncode == 0
        assert sorted(database.keys()) == [b"a*b.:job", b"axxb?:job"]


def test_without_redis_it_says_so() -> None:
    done = clean("redis://user:secretword@127.0.0.1:1/7")
    assert done.returncode == 3
    assert "redis://127.0.0.1:1/7" in done.stderr
    assert "secretword" not in done.stderr
    assert "Traceback" not in done.stderr
