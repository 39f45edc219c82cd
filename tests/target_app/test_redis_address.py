import pytest

from target_app.redis_address import _read_by_redis, redis_address


@pytest.mark.parametrize("path", ["/tmp/jobload-target-ab_12/redis.sock", "/r.sock"])
@pytest.mark.parametrize("db", [0, 7])
def test_an_address_of_our_own_is_read_as_redis_py_reads_it(path: str, db: int) -> None:
    url = f"unix://{path}?db={db}"
    assert redis_address(url) == _read_by_redis(url)
    assert str(redis_address(url)) == url


def test_any_other_is_read_by_redis_py() -> None:
    address = redis_address("rediss://me:s3cret@redis.example:6380/2")
    assert (address.host, address.port, address.tls, address.db) == ("redis.example", 6380, True, 2)
    assert (address.username, address.password) == ("me", "s3cret")
