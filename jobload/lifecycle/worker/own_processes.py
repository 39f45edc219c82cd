"""What `--processes` can come to: a port that is taken, workers whose master never came to be."""

from __future__ import annotations

import functools
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from random import SystemRandom
from typing import Any, NoReturn

from gevent import monkey
from locust import main
from locust.exception import RPCError
from locust.rpc import zmqrpc

from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.lifecycle.files import as_locust_reads
from jobload.lifecycle.shown_module import show

LOCUSTS_PORT = 5557
OWN_PORTS = range(20_000, 32_000)
"""Below those that Linux gives to connections, which come and go."""
MOST_TRIED = 100


def forks_workers(environ: Mapping[str, str], arguments: Sequence[str]) -> bool:
    processes = as_locust_reads(arguments, environ, processes="LOCUST_PROCESSES").processes
    return processes not in (None, "0")


def forks_and_leads_workers(environ: Mapping[str, str], arguments: Sequence[str]) -> bool:
    """Those of another master find it at its port, with its token, if it has one."""
    is_worker = as_locust_reads(arguments, environ).worker
    return not is_worker and forks_workers(environ, arguments)


@functools.cache
def port_of_own_workers() -> int:
    """A free one, which another run that begins at the same time will hardly choose as well."""
    for port in SystemRandom().sample(OWN_PORTS, MOST_TRIED):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return LOCUSTS_PORT


def explain_taken_port() -> None:
    """In place of Locust's traceback and exit code 1, which here means FAIL."""
    server: Any = zmqrpc.Server
    plain = server.__init__

    def explained(self: Any, host: str, port: int) -> None:
        try:
            plain(self, host, port)
        except RPCError as error:
            _refuse(f"The master can't listen for workers on {host}:{port}: {error}.")

    server.__init__ = explained


def _refuse(sentence: str) -> NoReturn:
    print(
        f"{sentence} Does another run use it? Give this one --master-bind-port N, and its workers"
        " --master-port N.",
        file=sys.stderr,
    )
    sys.exit(CONFIGURATION_ERROR)


def end_forked_workers_with_this_process() -> None:
    """However it ends. Locust's workers would look for a master for five minutes.

    Only this process holds the writing end of a pipe: its end is the end of the file.
    """
    reading, writing = os.pipe()
    plain = vars(main)["gevent"].fork

    def fork() -> int:
        pid: int = plain()
        if not pid:
            os.close(writing)
            monkey.get_original("_thread", "start_new_thread")(_await_end_of, (reading,))
        return pid

    show(main, "gevent", fork=fork)


def _await_end_of(reading: int) -> None:
    os.read(reading, 1)
    os.kill(os.getpid(), signal.SIGTERM)
