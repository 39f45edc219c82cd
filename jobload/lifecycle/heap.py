"""Keeps the passes of the garbage collector short."""

from __future__ import annotations

import gc


def freeze_heap() -> None:
    """What is there by now, modules above all, stays; to look through all of it again and again
    would stop the process for some 50 ms each time, and every request with it. So would one look
    now, for a hundredth of it that is garbage."""
    gc.freeze()
    gc.enable()
