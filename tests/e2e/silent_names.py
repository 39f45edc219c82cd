"""A machine whose name server never answers, for processes that are started on it.

It is a mount namespace of their own in which another file is /etc/resolv.conf.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from e2e.load_test import LoadTest

ADDRESS = "127.0.0.77"
NAME = "names-nobody.example"
OTHER_FILE = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


@contextmanager
def silent_name_server() -> Iterator[str]:
    """What resolv.conf says of it: each question is waited for longer than any test may take."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((ADDRESS, 53))
        yield f"nameserver {ADDRESS}\noptions timeout:30 attempts:4\n"


class WithoutNames(LoadTest):
    def __init__(self, folder: Path, *options: str, resolv_conf: str, **settings: Any) -> None:
        self._resolv_conf = folder / "resolv.conf"
        self._resolv_conf.write_text(resolv_conf)
        super().__init__(folder, *options, **settings)

    def _inside(self, name: str) -> list[str]:
        return ["unshare", "--mount", "sh", "-c", OTHER_FILE, str(self._resolv_conf)]
