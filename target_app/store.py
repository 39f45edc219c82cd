"""Everything the target keeps in Redis, under one prefix; only keys that begin with it are ours:

job:<id>              hash: status, at (creation), started, finished (microseconds), attempts,
                      ends (how often it reached a final state: 1), body as submitted
jobs:<status>         sorted set: the ids of that state by creation; jobs:pending is the queue
leases                sorted set: the running jobs by the time their worker must have finished
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
FORGET_COUNT = 200


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


_OUTCOMES = {outcome.value.encode(): outcome for outcome in Submitted}


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
    started_us: int | None
    finished_us: int | None
    attempts: int


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
        self._seen = _Script("seen")
        self._list = _Script("list")
        self._count = _Script("count")
        self._operations = _Script("operations")
        self._forget = _Script("forget")
        self._take = _Script("move", "take")
        self._finish = _Script("move", "finish")
        self._cancel = _Script("move", "cancel")

    async def ping(self) -> None:
        await self._link.call("PING")

    async def submit(self, job_id: str, body: bytes, key: str, run: str) -> Submitted:
        reply = await self._run(self._submit, self._ttl_s, job_id, body, key, run)
        return _OUTCOMES[reply]

    async def count_request(self, run: str, requests: int) -> None:
        """For a POST that ended before it reached `submit`."""
        await self._run(self._seen, self._ttl_s, run, requests)

    async def get(self, job_id: str) -> StoredJob | None:
        key = f"{self._prefix}job:{job_id}"
        fields = ("status", "at", "body", "started", "finished", "attempts")
        status, at, body, *lived = await self._link.call("HMGET", key, *fields)
        if not status:
            return None
        started, finished, attempts = (int(value) if value else None for value in lived)
        return StoredJob(job_id, status.decode(), int(at), body, started, finished, attempts or 0)

    async def newest(
        self, limit: int, before_us: int | None, statuses: list[Status]
    ) -> list[Listed]:
        before = "+inf" if before_us is None else f"({before_us}"
        rows = await self._run(self._list, self._ttl_s, before, limit, *statuses)
        return [Listed(id_.decode(), status.decode(), int(at)) for at, id_, status in rows]

    async def cancel(self, job_id: str) -> Status | None:
        """Its state before; cancelled now if that was pending or running."""
        before = await self._run(self._cancel, self._ttl_s, job_id)
        return Status(before.decode()) if before else None

    async def take(self, limit: int, lease_s: float) -> list[str]:
        lease_us = int(lease_s * 1_000_000)
        return [id_.decode() for id_ in await self._run(self._take, self._ttl_s, limit, lease_us)]

    async def finish(self, job_id: str, status: Status) -> bool:
        """False when it has ended already."""
        return bool(await self._run(self._finish, self._ttl_s, job_id, status))

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

    async def forget_run(self, run: str) -> None:
        """In pieces that leave room for other requests."""
        while await self._run(self._forget, run, FORGET_COUNT):
            pass

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
    def __init__(self, *parts: str) -> None:
        files = resources.files("target_app") / "lua"
        self.text = "".join((files / f"{part}.lua").read_text() for part in parts)
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


def _escaped(prefix: str) -> str:
    return "".join("\\" + letter if letter in "*?[]^\\" else letter for letter in prefix)
