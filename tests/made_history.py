"""Histories of runs: lines as runs leave them, with the figures that a test states."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from made_result import result_of
from made_run import MadeRun, light, planned

from jobload.report.files.history_entry import history_entry

Line = dict[str, Any]
NOISE = 0.03


@cache
def _told() -> str:
    run = MadeRun()
    run.play(light(), planned())
    return json.dumps(history_entry(result_of(run.end())))


def run_id(number: int) -> str:
    return f"20261122-{number // 3600:02}{number // 60 % 60:02}{number % 60:02}-aaaaaa"


def line(number: int, *, figures: Line | None = None, **fields: Any) -> Line:
    """What the run of this number left; `figures` are those of its scenario."""
    told = json.loads(_told())
    told["series"][0] |= figures or {}
    started = f"2026-11-22T11:{number // 60 % 60:02}:{number % 60:02}.000+00:00"
    own: Line = {"run_id": run_id(number), "started_at": started}
    return {**told, **own, **fields}


def lines_of_p99(values: Iterable[float | None]) -> list[Line]:
    return [line(number, figures={"p99_ms": value}) for number, value in enumerate(values)]


def noisy(levels: Sequence[float], seed: int = 1, noise: float = NOISE) -> list[float]:
    """Each within so much of its level, all values as likely."""
    random = Random(seed)
    return [round(level * (1 + random.uniform(-noise, noise)), 3) for level in levels]


def step(at: int, runs: int = 40, low: float = 20.0, high: float = 21.0) -> list[float]:
    return [low] * at + [high] * (runs - at)


def write_history(folder: Path, lines: Iterable[Line]) -> Path:
    (folder / "history.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    return folder
