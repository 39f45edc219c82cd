"""What a stage, or a scenario, is told to suffer from: one cause and one line of advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "target-refuses",
    "target-slow",
    "connecting",
    "users-raise",
    "generator-lacks",
    "too-few-users",
    "limit-too-high",
    "generator-cpu",
    "generator-paused",
    "none",
]
"""The gravest first."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    cause: Cause
    sentence: str
    advice: str = ""


NOTHING = Diagnosis("none", "nothing wrong")
UNTOLD = Diagnosis("none", "no stage shows a cause by itself: the checks say what does not hold")
"""Of a scenario that fails: by a figure of the target's own or an audit, for instance."""
