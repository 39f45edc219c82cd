"""What jobload init writes from nothing: files that come along, and pass as they are."""

from __future__ import annotations

from pathlib import Path

_NAMES = ("scenarios.yaml", "thresholds.yaml")


def starter_files() -> dict[str, bytes]:
    return {name: (Path(__file__).parent / name).read_bytes() for name in _NAMES}
