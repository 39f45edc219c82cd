"""Everything the target keeps in Redis, under one prefix; only keys that begin with it are ours:

job:<id>              hash: status, at (creation, microseconds), body as submitted
jobs:<status>         sorted set: the ids of that state by creation
clock                 creation time of the newest job
run:<run>:requests    how many POSTs of the run were seen
run:<run>:operations  list of "<id> <idempotency key>", one for each job stored
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

from target_app.redis_link import Argument, RedisLink, RedisReplyError
from target_app.settings import Settings

SCAN_COUNT = 1000


class Status(StrEnum):
    PENDING = "pending"  # waits in the queue
    RUNNING = "running"  # a worker has taken it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Submitted(StrEnum):
    STORED = "stored"
    REPLAYED = "replayed"  # the same key and body had been stored before
    CONFLICT = "conflict"  # the same key, but another body


@dataclass(frozen=True, slots=True)
class Listed:
    id: str
    status: str
    at_us: int


@dataclass(frozen=True, slots=True)
class StoredJob:
    id: str
    status: str
    at_us: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Operation:
    job_id: str
    key: str
    status: str | None  # None: the job is not there any more


class Store:
    def __init__(self, link: RedisLink, key_prefix: str, job_ttl_s: int) -> None:
        self._link = link
        self._prefix = key_prefix
        self._ttl_s = job_ttl_s
        self._submit = _Script("submit")
        self._list = _Script("list")
        self._count = _Script("count")
        self._operations = _Script("operations")

    async def ping(self) -> None:
        await self._link.call("PING")

    async def submit(self, job_id: str, body: bytes, key: str, run: str) -> Submitted:
        reply = await self._run(self._submit, self._ttl_s, job_id, body, key, run)
        return Submitted(reply.decode())

    async def count_request(self, run: str, requests: int = 1) -> None:
        """For a POST that ended before it reached `submit`."""
        key = f"{self._prefix}run:{run}:requests"
        await self._link.call("INCRBY", key, requests)
        await self._link.call("EXPIRE", key, self._ttl_s)

    async def get(self, job_id: str) -> StoredJob | None:
        key = f"{self._prefix}job:{job_id}"
        status, at_us, body = await self._link.call("HMGET", key, "status", "at", "body")
        return StoredJob(job_id, status.decode(), int(at_us), body) if status else None

    async def newest(
        self, limit: int, before_us: int | None, statuses: list[Status]
    ) -> list[Listed]:
        before = f"({before_us}" if before_us else "+inf"
        rows = await self._run(self._list, self._ttl_s, before, limit, *statuses)
        return [Listed(id_.decode(), status.decode(), int(at)) for at, id_, status in rows]

    async def count(self) -> dict[str, int]:
        counts = await self._run(self._count, self._ttl_s, *Status)
        return {status.value: number for status, number in zip(Status, counts, strict=True)}

    async def run_counts(self, run: str) -> tuple[int, int]:
        """Requests seen and jobs stored."""
        keys = f"{self._prefix}run:{run}:"
        requests = await self._link.call("GET", keys + "requests")
        return int(requests or 0), await self._link.call("LLEN", keys + "operations")

    async def run_operations(self, run: str, start: int, limit: int) -> list[Operation]:
        rows = await self._run(self._operations, run, start, limit)
        return [Operation(i.decode(), k.decode(), s.decode() or None) for i, k, s in rows]

    async def clear(self) -> int:
        """Removes our own keys, whatever else the database holds; the number of keys removed."""
        pattern = _escaped(self._prefix) + "*"
        cursor, removed = b"0", 0
        while True:
            cursor, keys = await self._link.call(
                "SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT
            )
            if keys:
                removed += await self._link.call("UNLINK", *keys)
            if cursor == b"0":
                return removed

    async def _run(self, script: "_Script", *arguments: Argument) -> Any:
        try:
            return await self._link.call("EVALSHA", script.sha, 0, self._prefix, *arguments)
        except RedisReplyError as error:
            if error.code != "NOSCRIPT":
                raise
        return await self._link.call("EVAL", script.text, 0, self._prefix, *arguments)


async def clear_store(settings: Settings) -> int:
    link = RedisLink(settings.redis_url, settings.redis_timeout_s)
    await link.start()
    try:
        return await Store(link, settings.key_prefix, settings.job_ttl_s).clear()
    finally:
        await link.close()


class _Script:
    def __init__(self, name: str) -> None:
        self.text = resources.files("target_app").joinpath("lua", f"{name}.lua").read_text()
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


def _escaped(prefix: str) -> str:
    return "".join("\\" + letter if letter in "*?[]^\\" else letter for letter in prefix)
