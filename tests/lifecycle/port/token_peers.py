"""Two ends of Locust's workers' port, each with a token or none: prints what the master got."""

from __future__ import annotations

import sys

import locust  # noqa: F401  # patches the standard library

import gevent  # isort: skip
from locust.rpc import zmqrpc
from locust.rpc.protocol import Message

from jobload.lifecycle.port.refusals import Refusals
from jobload.lifecycle.port.worker_token import demand_token


def main(masters: str, workers: str) -> None:
    plain = zmqrpc.BaseSocket.__init__
    if masters:
        demand_token(masters, Refusals())
    master = zmqrpc.Server("127.0.0.1", 0)
    zmqrpc.BaseSocket.__init__ = plain  # type: ignore[method-assign]  # back to ZeroMQ's
    if workers:
        demand_token(workers, Refusals())
    worker = zmqrpc.Client("127.0.0.1", master.port, "worker")
    worker.send(Message("client_ready", "2.47.0", "worker"))
    try:
        with gevent.Timeout(float(sys.argv[3])):
            sender, message = master.recv_from_client()
            print("got", message.type, "from", sender)
            master.send_to_client(Message("ack", None, sender))
            print("answered", worker.recv().type)
    except gevent.Timeout:
        print("nothing")


main(sys.argv[1], sys.argv[2])
