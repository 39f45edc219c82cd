"""Where Redis is: redis://, rediss:// or unix:// as redis-py understands them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

_OF_OUR_OWN = re.compile(r"unix://(/[\w./-]+)\?db=(\d+)", re.ASCII)
"""As `str` has it; redis-py, which reads all others, takes 60 ms to import."""


@dataclass(frozen=True, slots=True)
class RedisAddress:
    path: str | None  # of a unix socket; else host and port count
    host: str
    port: int
    tls: bool
    username: str
    password: str | None
    db: int

    def __str__(self) -> str:
        """For people: without the password."""
        if self.path:
            return f"unix://{self.path}?db={self.db}"
        return f"redis{'s' if self.tls else ''}://{self.host}:{self.port}/{self.db}"


def redis_address(url: str) -> RedisAddress:
    if own := _OF_OUR_OWN.fullmatch(url):
        return RedisAddress(own[1], "localhost", 6379, False, "default", None, int(own[2]))
    return _read_by_redis(url)


def _read_by_redis(url: str) -> RedisAddress:
    from redis.connection import SSLConnection, parse_url

    parsed = cast(Callable[[str], dict[str, Any]], parse_url)(url)
    return RedisAddress(
        path=parsed.get("path"),
        host=parsed.get("host", "localhost"),
        port=parsed.get("port", 6379),
        tls=parsed.get("connection_class") is SSLConnection,
        username=parsed.get("username") or "default",
        password=parsed.get("password"),
        db=parsed.get("db", 0),
    )
