"""python -m target_app: the jobs API in the foreground, on a Redis that is already there."""

import os
import signal

if __name__ == "__main__":  # before it serves, Ctrl+C needs no traceback
    # The kernel takes no signal to the first process of a container that has no handler.
    if os.getpid() != 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import asyncio
import atexit
import contextlib
import gc
import logging
import socket
import sys
from typing import Any

from target_app.listener import bind, url_of
from target_app.metrics import Metrics
from target_app.redis_address import redis_address
from target_app.redis_link import RedisUnavailableError
from target_app.settings import Settings, SettingsError, load_settings
from target_app.store import clear_store
from target_app.workers import serve_with_workers


def main(argv: list[str] | None = None) -> int:
    logging.basicConfig(format="target: %(message)s")
    options, arguments = _arguments(argv)
    try:
        settings, warnings = load_settings(os.environ, arguments)
        if settings.workers > 1 and (options.admin_port, options.admin_fd) != (None, None):
            raise SettingsError("An admin port needs one worker process.")
    except SettingsError as error:
        return _failed(2, str(error))
    if options.fd is None:  # else whoever opened it has said so already
        for warning in warnings:
            _say(f"warning: {warning}")
    if options.clean:
        return _clean(settings)
    try:
        with contextlib.ExitStack() as stack:
            return _run(settings, options, stack)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        return _failed(3, f"The target can't listen on {where}: {error.strerror}.")


def _run(settings: Settings, options: argparse.Namespace, stack: contextlib.ExitStack) -> int:
    listener = stack.enter_context(_listener(options.fd, settings.host, settings.port))
    admin = None
    if (options.admin_port, options.admin_fd) != (None, None):
        admin = stack.enter_context(_listener(options.admin_fd, "127.0.0.1", options.admin_port))
    if options.fd is None:
        _say(f"jobs API on {url_of(listener)}; Ctrl+C stops it")
    if admin and options.admin_fd is None:
        _say(f"admin port on {url_of(admin)}")
    if settings.workers > 1 or settings.job_workers:
        return serve_with_workers(settings, listener, admin)
    from target_app.server import serve  # whoever only watches over others needs none

    serve(settings, listener, admin, Metrics(options.metrics_fd, options.metrics_slot))
    return 0


def _listener(fd: int | None, host: str, port: int) -> socket.socket:
    return bind(host, port) if fd is None else socket.socket(fileno=fd)


def _clean(settings: Settings) -> int:
    try:
        removed = asyncio.run(clear_store(settings))
    except RedisUnavailableError as error:
        return _failed(3, f"Redis at {redis_address(settings.redis_url)}: {error}.")
    _say(f"{removed} keys removed")
    return 0


def _failed(code: int, sentence: str) -> int:
    _say(sentence)
    return code


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _arguments(argv: list[str] | None) -> tuple[argparse.Namespace, dict[str, Any]]:
    """What this module needs, and what are settings."""
    parser = argparse.ArgumentParser(prog="python -m target_app", description=__doc__)
    settings = parser.add_argument_group("settings")
    settings.add_argument("--host")
    settings.add_argument("--port", type=int)
    settings.add_argument("--workers", type=int)
    settings.add_argument("--job-workers", type=int)
    settings.add_argument("--redis-url")
    parser.add_argument(
        "--clean", action="store_true", help="remove the target's own keys from Redis, then exit"
    )
    parser.add_argument("--admin-port", type=int, help="PUT /behaviour there; 0: a free one")
    parser.add_argument("--fd", type=int, help="a listening socket that is already open")
    parser.add_argument("--admin-fd", type=int, help="the same for the admin port")
    parser.add_argument("--metrics-fd", type=int, help="memory shared with other processes")
    parser.add_argument("--metrics-slot", type=int, default=0)
    options = parser.parse_args(argv)
    names = ("host", "port", "workers", "job_workers", "redis_url")
    return options, {name: getattr(options, name) for name in names}


if __name__ == "__main__":
    atexit.register(gc.freeze)  # to look for garbage as it ends takes a fifth of its CPU
    sys.exit(main())
