"""python -m verify.who_notices.server FAULT: a target whose truth is known, on a free port.

It prints its port, a line with the first request, and when its standard input ends what it counted,
as one line of JSON. A fault begins so long after the first request. It knows no tool from another.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

SERVICE_S = 0.005
FOREVER_S = 3600.0
STALLS = ((3.0, 5.0), (8.0, 10.0))
BREAKS_AFTER_S = 6.0
TAIL_AFTER_S = 11.0
LATE_S = 1.03
FAULTS = ("none", "stalls", "frozen", "tail", "errors", "refused", "late", "busy", "slow")


@dataclass
class Truth:
    """`statuses`: of what was answered; the rest of `requests` never was."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)

    def told(self) -> str:
        return json.dumps({"requests": self.requests, "statuses": self.statuses})


class Target:
    def __init__(self, fault: str) -> None:
        self._fault = fault
        self._began_s: float | None = None
        self.truth = Truth()
        self.server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._request(reader):
                status = await self._answer(self.truth.requests)
                self.truth.statuses[status] += 1
                writer.write(
                    b"HTTP/1.1 %d Said\r\nContent-Type: application/json\r\n"
                    b'%bContent-Length: 11\r\n\r\n{"id":"j1"}'
                    % (status, b"Retry-After: 0\r\n" if status == 503 else b"")
                )
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # it went, or the run is over
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next((int(x.partition(":")[2]) for x in lines if x[:15] == "content-length:"), 0)
        await reader.readexactly(length)
        self.truth.requests += 1
        if self._began_s is None:
            self._begin()
        return True

    def _begin(self) -> None:
        self._began_s = monotonic()
        print("began", flush=True)
        if self._fault == "refused":
            asyncio.get_running_loop().call_later(BREAKS_AFTER_S, self._refuse)

    def _refuse(self) -> None:
        assert self.server is not None
        self.server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _answer(self, number: int) -> int:
        await asyncio.sleep(self._held_s(monotonic() - (self._began_s or 0.0)))
        if self._fault == "errors":
            return 500
        if self._fault == "busy" and number % 2:
            return 503
        return 201

    def _held_s(self, at_s: float) -> float:
        match self._fault:
            case "stalls":
                return next((end - at_s for start, end in STALLS if start <= at_s < end), SERVICE_S)
            case "frozen":
                return FOREVER_S if at_s >= BREAKS_AFTER_S else SERVICE_S
            case "tail":
                return FOREVER_S if at_s >= TAIL_AFTER_S else SERVICE_S
            case "late":
                return LATE_S
            case "slow":
                return 0.5
        return SERVICE_S


async def main(fault: str) -> None:
    target = Target(fault)
    target.server = await asyncio.start_server(target.serve, "127.0.0.1", 0, backlog=1024)
    print(target.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(target.truth.told(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
