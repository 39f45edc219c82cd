"""python -m e2e.servers.lossy_proxy JSON: passes requests on, and drops what it is told to.

Prints a line of JSON with its port, and with SIGTERM another one with what it has dropped.
"""

import asyncio
import json
import re
import signal
import sys
from random import Random

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class LossyProxy:
    """`before`: the share of requests whose connection ends before the target sees them; `after`:
    those that it has answered, but whose reply is cut."""

    def __init__(self, to_port: int, before: float, after: float, seed: int) -> None:
        self.counts = {"passed": 0, "before": 0, "after": 0}
        self._to_port = to_port
        self._before = before
        self._after = after
        self._random = Random(seed)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
            try:
                while await self._pass_on(reader, writer, there, back):
                    pass
            finally:
                back.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        back: asyncio.StreamWriter,
    ) -> bool:
        request = await _message(reader)
        fate = self._random.random()
        if fate < self._before:
            self.counts["before"] += 1
            return False
        back.write(request)
        reply = await _message(there)
        if fate < self._before + self._after:
            self.counts["after"] += 1
            writer.write(reply[: len(reply) // 2])
            return False
        self.counts["passed"] += 1
        writer.write(reply)
        return True


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return head + await reader.readexactly(int(length[1]) if length else 0)


async def main(proxy: LossyProxy) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await ended.wait()
    print(json.dumps(proxy.counts), flush=True)


if __name__ == "__main__":
    asyncio.run(main(LossyProxy(**json.loads(sys.argv[1]))))
