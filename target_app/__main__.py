"""python -m target_app: the jobs API in the foreground, on a Redis that is already there."""

import argparse
import asyncio
import logging
import os
import socket
import sys
from typing import Any

from target_app.redis_address import redis_address
from target_app.redis_link import RedisUnavailableError
from target_app.server import bind, serve, url_of
from target_app.settings import Settings, SettingsError, load_settings
from target_app.store import clear_store
from target_app.workers import serve_with_workers


def main(argv: list[str] | None = None) -> int:
    logging.basicConfig(format="target: %(message)s")
    arguments = _arguments(argv)
    fd, clean = arguments.pop("fd"), arguments.pop("clean")
    try:
        settings, warnings = load_settings(os.environ, arguments)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    if fd is None:  # else whoever opened it has said so already
        for warning in warnings:
            print(f"warning: {warning}", file=sys.stderr)
    if clean:
        return _clean(settings)
    try:
        listener = (
            socket.socket(fileno=fd) if fd is not None else bind(settings.host, settings.port)
        )
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        print(f"The target can't listen on {where}: {error.strerror}.", file=sys.stderr)
        return 3
    if fd is None:
        print(f"jobs API on {url_of(listener)}; Ctrl+C stops it", file=sys.stderr, flush=True)
    return _run(settings, listener)


def _run(settings: Settings, listener: socket.socket) -> int:
    if settings.workers > 1:
        return serve_with_workers(settings, listener)
    serve(settings, listener)
    return 0


def _clean(settings: Settings) -> int:
    try:
        removed = asyncio.run(clear_store(settings))
    except RedisUnavailableError as error:
        print(f"Redis at {redis_address(settings.redis_url)}: {error}.", file=sys.stderr)
        return 3
    print(f"{removed} keys removed", file=sys.stderr)
    return 0


def _arguments(argv: list[str] | None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m target_app", description=__doc__)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--redis-url")
    parser.add_argument(
        "--clean", action="store_true", help="remove the target's own keys from Redis, then exit"
    )
    parser.add_argument("--fd", type=int, help="a listening socket that is already open")
    return vars(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
