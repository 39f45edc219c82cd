"""What one of Locust's modules is shown in place of another module that it uses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def show(of_locust: Any, name: str, **instead: object) -> None:
    """The module it knows by that name, but for these; nobody else sees a difference."""
    shown = vars(of_locust)[name]
    setattr(of_locust, name, SimpleNamespace(**vars(shown) | instead))
