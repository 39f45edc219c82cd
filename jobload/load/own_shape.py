"""A LoadTestShape of somebody's own, in a form that takes part in a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from locust import LoadTestShape

from jobload.load.staged_shape import StagedShape


@dataclass(frozen=True, slots=True)
class OwnTick:
    """What `tick()` answers, of two or three parts."""

    users: int
    spawn_rate: float
    user_classes: Any = None

    @classmethod
    def of(cls, answer: Any) -> OwnTick | None:
        if answer is None:
            return None
        if not isinstance(answer, tuple | list) or len(answer) not in (2, 3):
            raise ValueError(
                f"tick() answered {answer!r}; Locust takes (users, spawn rate), the same with user"
                " classes, or None"
            )
        return cls(*answer)


class OwnShape(StagedShape):
    """Stands in `environment.shape_class`, where a locustfile looks for its own shape: what it sets
    and asks there is that one's."""

    abstract: ClassVar[bool] = True

    def __init__(self, inner: LoadTestShape) -> None:
        self.__dict__["_inner"] = inner
        super().__init__()  # type: ignore[no-untyped-call]  # Locust has no types there

    def __getattr__(self, name: str) -> Any:
        if name == "_inner":
            raise AttributeError(name)  # a copy in the making has none yet
        return getattr(self._inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._inner, name, value)
        if name == "runner":
            super().__setattr__(name, value)

    def begin(self, runner: Any) -> Callable[[], OwnTick | None]:
        """Its clock starts now."""
        self._inner.runner = runner
        self._inner.reset_time()
        return lambda: OwnTick.of(self._inner.tick())
