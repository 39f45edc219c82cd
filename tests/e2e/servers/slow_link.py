"""python -m e2e.servers.slow_link JSON: passes connections on, later and no faster than it is told.

Prints a line of JSON with its port.
"""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

CHUNK_BYTES = 4096


@dataclass(frozen=True)
class SlowLink:
    """Each way, each connection."""

    address: str
    to_host: str
    to_port: int
    delay_s: float
    bytes_per_s: float

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(self.to_host, self.to_port)
        except OSError:
            writer.close()  # nobody listens yet; who has called will call again
            return
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(way, writer))
        free_s = 0.0
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                free_s = max(free_s, perf_counter()) + len(data) / self.bytes_per_s
                way.put_nowait((free_s + self.delay_s, data))
                await asyncio.sleep(free_s - perf_counter())
        way.put_nowait((0.0, b""))
        await delivery

    async def _deliver(
        self, way: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while (due := await way.get())[1]:
                await asyncio.sleep(due[0] - perf_counter())
                writer.write(due[1])
                await writer.drain()
        writer.close()


async def main(link: SlowLink) -> None:
    server = await asyncio.start_server(link.serve, link.address, 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(SlowLink(**json.loads(sys.argv[1]))))
