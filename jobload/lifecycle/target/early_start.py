"""The embedded target, started before anybody has read the options: it gets ready while Locust is
imported."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jobload.lifecycle.files import find_locustfile
from jobload.lifecycle.target.stand_in import what_it_lacks

if TYPE_CHECKING:
    from jobload.lifecycle.target.embedded import EmbeddedTarget

ELSEWHERE = ("-H", "--ho", "--w", "--m", "-f", "--lo")
"""Of what it has started with: --host, --worker, --master, --locustfile, whose users may name hosts
of their own, and what they may be shortened to."""
SETTINGS = ("LOCUST_HOST", "LOCUST_MODE_WORKER", "LOCUST_MODE_MASTER", "LOCUST_LOCUSTFILE")


def is_likely_wanted(arguments: Sequence[str], environ: Mapping[str, str]) -> bool:
    """By the options of `jobload run`, as given or as it hands them on."""
    theirs = arguments[3:] if arguments[1:3] == ["-f", str(find_locustfile())] else arguments
    elsewhere = any(argument.startswith(ELSEWHERE) for argument in theirs)
    return not elsewhere and not any(environ.get(name) for name in SETTINGS)


def start_early(arguments: Sequence[str], environ: Mapping[str, str]) -> EmbeddedTarget | None:
    """What is not wanted after all is stopped; what is not started now, is when it is wanted."""
    if not is_likely_wanted(arguments, environ) or what_it_lacks() is not None:
        return None
    from jobload.lifecycle.target.embedded import EmbeddedTarget, TargetError

    try:
        target = EmbeddedTarget()
    except TargetError:
        return None  # it is tried again when it is wanted, and told then
    atexit.register(target.stop)
    os.register_at_fork(after_in_child=target.let_go)
    return target
