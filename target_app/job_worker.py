"""python -m target_app.job_worker: takes jobs from the queue and ends them.

At least once: a job belongs to its worker until the lease runs out, then another one takes it.
Exactly one end: only a running job can be ended, and it does not run after that.
"""

import asyncio
import atexit
import gc
import logging
import os
import signal
import sys

from target_app.redis_link import RedisLink, RedisUnavailableError
from target_app.settings import Settings, SettingsError, load_settings
from target_app.store import Status, Store

LOOK_EVERY_S = 0.01  # when there was nothing to do
REDIS_PAUSE_S = 0.1

log = logging.getLogger("target_app.job_worker")


class JobWorker:
    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._running: set[asyncio.Task[None]] = set()

    async def work(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            await asyncio.sleep(await self._take())
        await asyncio.gather(*self._running)

    async def _take(self) -> float:
        """How long to wait before the next look."""
        free = self._settings.job_slots - len(self._running)
        if not free:
            return LOOK_EVERY_S
        try:
            jobs = await self._store.take(free, self._settings.job_lease_s)
        except RedisUnavailableError:
            return REDIS_PAUSE_S
        for job_id in jobs:
            task = asyncio.create_task(self._run(job_id))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return 0 if jobs else LOOK_EVERY_S

    async def _run(self, job_id: str) -> None:
        await asyncio.sleep(self._settings.job_duration_ms / 1000)
        status = Status.FAILED if self._fails(job_id) else Status.SUCCEEDED
        try:
            await self._store.finish(job_id, status)
        except RedisUnavailableError:
            log.info("job %s will be taken again after its lease", job_id)

    def _fails(self, job_id: str) -> bool:
        """The job decides, so that every attempt comes to the same end."""
        return int(job_id[:8], 16) < self._settings.job_failure_share * (1 << 32)


async def run(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    link = RedisLink(settings.redis_url, settings.redis_timeout_s)
    await link.start()
    await JobWorker(settings, Store(link, settings.key_prefix, settings.job_ttl_s)).work(stopping)
    await link.close()


def main() -> int:
    logging.basicConfig(format="job worker: %(message)s")
    try:
        settings, _ = load_settings(os.environ, {})
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    asyncio.run(run(settings))
    return 0


if __name__ == "__main__":
    atexit.register(gc.freeze)  # to look for garbage as it ends takes a fifth of its CPU
    sys.exit(main())
