"""A client of another protocol, which tells Locust of its calls by `events.request`, as one for
gRPC would: here a line of JSON over TCP and a line back.

jobload run -f rpc.py --scenarios scenarios.yaml --scenario rpc     # with a server on port 9000
"""

import json
import os
import socket
from typing import Any

from locust import User, task
from locust.env import Environment


class RpcClient:
    def __init__(self, host: str, environment: Environment) -> None:
        name, _, port = host.rpartition(":")
        self._lines = socket.create_connection((name, int(port)), timeout=5).makefile("rwb")
        self._request = environment.events.request

    def call(self, method: str, **arguments: object) -> Any:
        with self._request.measure("rpc", method) as told:
            self._lines.write(json.dumps({"method": method, **arguments}).encode() + b"\n")
            self._lines.flush()
            line = self._lines.readline()
            told["response_length"] = len(line)
            reply = json.loads(line)
            if "error" in reply:
                raise RuntimeError(reply["error"])
            return reply["result"]


class Greeter(User):
    host = os.environ.get("RPC_SERVER", "127.0.0.1:9000")

    def on_start(self) -> None:
        self.client = RpcClient(self.host or "", self.environment)

    @task
    def greet(self) -> None:
        self.client.call("greet", name="you")
