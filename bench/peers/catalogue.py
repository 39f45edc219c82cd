"""Every program that jobload is compared with, where it can be had: those from a package are
installed at first, each in an environment of its own, in the version that `verify/who_notices`
names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache, partial

from bench.peers.autocannon import Autocannon
from bench.peers.hey import Hey
from bench.peers.k6 import K6
from bench.peers.k9 import K9
from bench.peers.peer import Peer
from bench.peers.pywrkr import Pywrkr
from bench.peers.wrk import Wrk
from verify.who_notices.environment import NotHereError, from_node, from_python
from verify.who_notices.tools.catalogue import TOOLS


def _installed(program: str) -> str:
    if (path := shutil.which(program)) is None:
        raise NotHereError(f"{program} is not installed")
    return path


KNOWN: dict[str, tuple[type[Peer], Callable[[], str]]] = {
    "wrk": (Wrk, partial(_installed, "wrk")),
    "hey": (Hey, partial(_installed, "hey")),
    "k6": (K6, partial(_installed, "k6")),
    "k9": (K9, partial(from_python, "k9-load", TOOLS["k9-load"].version, "k9")),
    "pywrkr": (Pywrkr, partial(from_python, "pywrkr", TOOLS["pywrkr"].version, "pywrkr")),
    "autocannon": (Autocannon, partial(from_node, "autocannon", TOOLS["autocannon"].version)),
}


@cache
def peers() -> tuple[dict[str, Peer], list[str]]:
    """Those that are here, and a sentence on each other one."""
    here: dict[str, Peer] = {}
    absent: list[str] = []
    for name, (kind, program) in KNOWN.items():
        try:
            here[name] = kind(program())
        except NotHereError as error:
            absent.append(f"{name} is not compared: {error}")
    return here, absent
