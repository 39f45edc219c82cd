"""Imports each module it is told, and prints as JSON what those modules did besides.

A process of its own: nothing else may have imported them before.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

WATCHED = ("open", "socket.", "subprocess.", "os.system", "os.fork", "os.mkdir", "os.remove")


def watch(root: Path, deeds: list[str]) -> None:
    """Notes what a module of ours does itself, not what an import that it asks for does."""

    def culprit() -> str | None:
        for frame in _outwards(sys._getframe(2)):
            name = frame.f_code.co_filename
            if "importlib" in name:
                return None
            if name.startswith(str(root)) and "/.venv/" not in name and name != __file__:
                return f"{Path(name).relative_to(root)}:{frame.f_lineno}"
        return None

    def on_event(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).endswith(".py"):
            return  # pydantic reads our docstrings
        if event.startswith(WATCHED) and (where := culprit()) is not None:
            deeds.append(f"{where}: {event} {arguments[:1]}")

    read = os._Environ.__getitem__

    def noted_read(environ: Any, name: Any) -> Any:
        if str(name).startswith("JOBLOAD_") and (where := culprit()) is not None:
            deeds.append(f"{where}: read {name}")
        return read(environ, name)

    os._Environ.__getitem__ = noted_read  # type: ignore[method-assign]  # to see what is read
    sys.addaudithook(on_event)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def state_of_process() -> dict[str, object]:
    return {
        "threads": [thread.name for thread in threading.enumerate()],
        "signals": [repr(signal.getsignal(n)) for n in (signal.SIGINT, signal.SIGTERM)],
        "log handlers": [repr(handler) for handler in logging.getLogger().handlers],
        "children": Path("/proc/self/task", str(os.getpid()), "children").read_text(),
    }


def main() -> None:
    root, before_all, modules = Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3].split(",")
    sys.path.insert(0, str(root))
    for name in filter(None, before_all):
        importlib.import_module(name)
    before = state_of_process()
    deeds: list[str] = []
    watch(root, deeds)
    for name in modules:
        importlib.import_module(name)
    after = state_of_process()
    deeds += [f"{what} changed" for what in before if before[what] != after[what]]
    print(json.dumps({"deeds": deeds, "loaded": sorted(sys.modules)}))


if __name__ == "__main__":
    main()
