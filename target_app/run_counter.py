"""Requests of a run that never reached the script that counts the others."""

import asyncio
from collections import Counter

from target_app.redis_link import RedisUnavailableError
from target_app.store import Store

TRY_AGAIN_S = 0.1


class RunCounter:
    """What Redis can't take now is kept and told to it as soon as it can."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._untold: Counter[str] = Counter()
        self._telling: asyncio.Task[None] | None = None

    async def add(self, run: str) -> None:
        if not run:
            return
        self._untold[run] += 1
        if not await self._tell(run) and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._keep_telling())

    async def _tell(self, run: str) -> bool:
        requests = self._untold.pop(run, 0)
        try:
            if requests:
                await self._store.count_request(run, requests)
        except RedisUnavailableError:
            self._untold[run] += requests
            return False
        return True

    async def _keep_telling(self) -> None:
        while self._untold:
            await asyncio.sleep(TRY_AGAIN_S)
            for run in list(self._untold):
                if not await self._tell(run):
                    break
