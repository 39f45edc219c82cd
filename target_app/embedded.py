"""The jobs API and its Redis, started and stopped as one.

Prints one line of JSON with the URL when both are ready. Ends with SIGTERM, SIGINT, or the end of
its standard input when that is a pipe: whoever holds the other end need not be alive to end it.
"""

import os
import signal

if __name__ == "__main__":  # before it has started anything, Ctrl+C needs no traceback
    # The kernel takes no signal to the first process of a container that has no handler.
    if os.getpid() != 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT, signal.SIGTERM])  # see jobload.cli

import argparse
import atexit
import contextlib
import gc
import http.client
import json
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from target_app.children import stop_child
from target_app.listener import bind, url_of
from target_app.redis_address import redis_address
from target_app.redis_server import MissingPieceError, RedisServer, default_memory_bytes
from target_app.settings import PREFIX, Settings, SettingsError, load_settings
from target_app.wakeups import Wakeups
from target_app.workdir import Workdir
from target_app.workers import start_server

READY_WITHIN_S = 20.0
REDIS_WITHIN_S = 10.0
ASK_EVERY_S = 0.02
ORPHAN_DRAIN_S = 0.3  # the tester is gone or done: nobody waits for answers

CONFIGURATION, MISSING = 2, 3


class ChildEndedError(Exception):
    """The sentence about a process of ours that ended by itself."""


def main(argv: list[str] | None = None) -> int:
    arguments = _arguments(argv)
    admin_port = arguments.pop("admin_port", None)
    if arguments.pop("ignore_sigint"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signals = [signal.SIGTERM, signal.SIGCHLD]
    else:
        signals = [signal.SIGTERM, signal.SIGCHLD, signal.SIGINT]
    try:
        settings, warnings = load_settings({PREFIX + "PORT": "0"} | os.environ, arguments)
        if settings.workers > 1 and admin_port is not None:
            raise SettingsError("An admin port needs one worker process.")
        for warning in warnings:
            _say(f"warning: {warning}")
        with Wakeups(*signals, pipe=_stdin_pipe()) as wakeups:
            return _run(settings, admin_port, wakeups)
    except SettingsError as error:
        _say(str(error))
        return CONFIGURATION
    except MissingPieceError as error:
        _say(str(error))
        return MISSING
    except ChildEndedError as error:
        _say(str(error))
        return 1


def _run(settings: Settings, admin_port: int | None, wakeups: Wakeups) -> int:
    with contextlib.ExitStack() as stack:
        redis = None
        if "redis_url" not in settings.model_fields_set:
            redis = stack.enter_context(own_redis())
            settings = settings.model_copy(update={"redis_url": redis.url})
        listener = stack.enter_context(_listener(settings.host, settings.port))
        admin = None
        if admin_port is not None:
            admin = stack.enter_context(_listener("127.0.0.1", admin_port))
        api = start_server(settings, listener, admin)
        drain_s = float(settings.drain_timeout_s)
        try:
            if redis:
                redis.wait_until_ready()
            if _becomes_ready(wakeups, listener, api, settings):
                _announce(listener, admin, settings)
                drain_s = _wait_for_the_end(wakeups, api, redis, drain_s)
        finally:
            stop_child(api, drain_s)
    return 0


@contextlib.contextmanager
def own_redis() -> Iterator[RedisServer]:
    """It may still be starting: what is to use it starts meanwhile."""
    workdir = Workdir()
    try:
        redis = RedisServer(workdir, default_memory_bytes())
        try:
            yield redis
        finally:
            redis.process.kill()  # it keeps nothing that could be lost
            redis.process.wait()
    finally:
        workdir.remove()


def _listener(host: str, port: int) -> socket.socket:
    try:
        return bind(host, port)
    except OSError as error:
        sentence = f"The target can't listen on {host}:{port}: {error.strerror}."
        raise MissingPieceError(sentence) from None


def _becomes_ready(
    wakeups: Wakeups, listener: socket.socket, api: subprocess.Popen[bytes], settings: Settings
) -> bool:
    """False when it is asked to end before."""
    started = time.monotonic()
    while (answer := _readiness(listener)) != 200:
        if api.poll() is not None:
            raise ChildEndedError(f"The jobs API ended while starting (exit {api.returncode}).")
        if time.monotonic() - started > (REDIS_WITHIN_S if answer == 503 else READY_WITHIN_S):
            where = redis_address(settings.redis_url)
            reason = f"Redis at {where} does not answer" if answer == 503 else "it does not answer"
            raise MissingPieceError(f"The jobs API is not ready: {reason}.")
        woken = wakeups.wait(ASK_EVERY_S)
        if woken.end_of_file or woken.signals & {signal.SIGTERM, signal.SIGINT}:
            return False
    return True


def _readiness(listener: socket.socket) -> int | None:
    at = urlsplit(_reachable(listener))
    client = http.client.HTTPConnection(str(at.hostname), at.port, timeout=1)
    try:
        client.request("GET", "/readyz")
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


def _reachable(listener: socket.socket) -> str:
    """The address to call: a server on every interface is reached on loopback."""
    return url_of(listener).replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _announce(listener: socket.socket, admin: socket.socket | None, settings: Settings) -> None:
    """In words too where a person reads it: a run passes on what is said as a warning."""
    redis = str(redis_address(settings.redis_url))
    ready = {"url": _reachable(listener), "redis": redis, "pid": os.getpid()}
    if admin:
        ready["admin"] = url_of(admin)
    if sys.stdout.isatty():
        _say(f"jobs API on {ready['url']}, Redis at {redis}")
        if admin:
            _say(f"admin port on {ready['admin']}")
    print(json.dumps(ready), flush=True)


def _wait_for_the_end(
    wakeups: Wakeups, api: subprocess.Popen[bytes], redis: RedisServer | None, drain_s: float
) -> float:
    """How long the API may take to finish what it has accepted."""
    while True:
        woken = wakeups.wait()
        if woken.signals & {signal.SIGTERM, signal.SIGINT}:
            return drain_s
        if woken.end_of_file:
            return ORPHAN_DRAIN_S
        if redis and redis.process.poll() is not None:
            raise ChildEndedError(f"Redis ended by itself (exit {redis.process.returncode}).")
        if api.poll() is not None:
            raise ChildEndedError(f"The jobs API ended by itself (exit {api.returncode}).")


def _stdin_pipe() -> int | None:
    """A terminal, a file or /dev/null says nothing about who started this process."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return None
    return 0 if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _arguments(argv: list[str] | None) -> dict[str, Any]:
    name = os.environ.get("TARGET_APP_CALLED", "python -m target_app.embedded")
    parser = argparse.ArgumentParser(prog=name, description=__doc__)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int, help="0 (default): a free one")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--job-workers", type=int, help="processes that run the jobs (default: 0)")
    parser.add_argument("--redis-url", help="use this Redis instead of starting one")
    parser.add_argument("--admin-port", type=int, help="PUT /behaviour there; 0: a free one")
    parser.add_argument("--ignore-sigint", action="store_true", help="the starter handles Ctrl+C")
    given = vars(parser.parse_args(argv))
    return {name: value for name, value in given.items() if value is not None}


if __name__ == "__main__":
    atexit.register(gc.freeze)  # to look for garbage as it ends takes a fifth of its CPU
    sys.exit(main())
