"""python -m e2e.servers.serve BEHAVIOUR '{"setting": value}': a server whose truth is known.

The setting `handshakes` is for all of them (see LateHandshakes): each reply by a connection of its
own; and so is `address`, where it listens.

Listens on a free port and prints it as a line of JSON, with the port on which `GET /facts` tells
what it has seen, `GET /arrivals` when, and `GET /parents` in which traces; so asking does not add
to what is counted.
"""

import asyncio
import json
import sys
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

from e2e.servers.alarm import Alarm
from e2e.servers.behaviours import BEHAVIOURS, Behaviour
from e2e.servers.connection import Connection, Handler, Send
from e2e.servers.handshakes import LateHandshakes
from e2e.servers.request import Reply, Request
from e2e.servers.tally import Tally

LOOPBACK = "127.0.0.1"


async def main(name: str, settings: dict[str, Any]) -> None:
    handshakes = LateHandshakes(**late) if (late := settings.pop("handshakes", None)) else None
    address = settings.pop("address", LOOPBACK)
    behaviour: Behaviour = BEHAVIOURS[name](**settings)
    tally = Tally()
    alarm = Alarm(asyncio.get_running_loop())
    answer = partial(_answer, behaviour, tally, alarm, handshakes)
    port = await _listen(answer, address, handshakes)
    admin_port = await _listen(partial(_tell, behaviour, tally), LOOPBACK)
    print(json.dumps({"port": port, "admin_port": admin_port}), flush=True)
    await asyncio.Event().wait()


async def _listen(handler: Handler, address: str, handshakes: LateHandshakes | None = None) -> int:
    loop = asyncio.get_running_loop()
    protocol = partial(handshakes.protocol if handshakes else Connection, handler)
    server = await loop.create_server(protocol, address, 0, backlog=1024)
    port: int = server.sockets[0].getsockname()[1]
    return port


def _answer(
    behaviour: Behaviour,
    tally: Tally,
    alarm: Alarm,
    handshakes: LateHandshakes | None,
    request: Request,
    send: Send,
) -> None:
    tally.count(request)
    reply = behaviour.reply(request)
    if reply is None:
        return
    if handshakes is not None:
        handshakes.note(request)
        reply = replace(reply, fields=(*reply.fields, b"Connection: close"))
    tally.answers[reply.status] += 1
    if reply.at_s <= request.arrived_s:
        _send(tally, request, reply, send)
    else:
        alarm.call_at(reply.at_s, partial(_send, tally, request, reply, send))


def _send(tally: Tally, request: Request, reply: Reply, send: Send) -> None:
    send(reply)
    tally.took_s[request.place].append(perf_counter() - request.arrived_s)


def _tell(behaviour: Behaviour, tally: Tally, request: Request, send: Send) -> None:
    answers: dict[str, Any] = {
        "/arrivals": tally.arrivals_s,
        "/arrivals-of-processes": tally.arrivals_of_process_s,
        "/parents": tally.parents,
    }
    if request.path == "/facts":
        answers["/facts"] = tally.facts() | behaviour.facts()
    status = 200 if request.path in answers else 404
    send(Reply(0, status, json.dumps(answers.get(request.path)).encode()))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
