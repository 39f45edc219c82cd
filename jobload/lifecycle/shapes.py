"""Which shapes there are to choose from, whatever the locustfile names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from locust.env import Environment

from jobload.load.own_shape import OwnShape
from jobload.load.staged_shape import StagedShape


class AnyScenario(StagedShape):
    """For locustfiles that name no shape of ours: whatever scenario is asked for."""

    abstract: ClassVar[bool] = True
    default: ClassVar[str | None] = "light"


def adopt_shapes(environment: Environment) -> None:
    """Those that are somebody's own take part in runs; where there are none at all, one plays
    whatever scenario is asked for."""
    found: Mapping[str, Any] = environment.available_shape_classes or {}
    adopted: dict[str, Any] = {
        name: shape if isinstance(shape, StagedShape) else OwnShape(shape)
        for name, shape in found.items()
    }
    if not adopted:
        adopted[AnyScenario.__name__] = AnyScenario()  # type: ignore[no-untyped-call]  # as Locust has it
    environment.available_shape_classes = adopted


def default_shape(shapes: Mapping[str, Any]) -> StagedShape:
    """Somebody's own, if there is one; it plays scenarios as well as any, where one is named."""
    found: list[StagedShape] = [*shapes.values()]
    return next((shape for shape in found if isinstance(shape, OwnShape)), found[0])


def choose_shape(environment: Environment) -> None:
    """Without the class picker, which is for the web UI to use."""
    options: Any = environment.parsed_options
    current = environment.shape_class
    if options.class_picker and isinstance(current, StagedShape):
        return
    environment.shape_class = default_shape(environment.available_shape_classes or {})
    assert environment.runner is not None
    environment.shape_class.runner = environment.runner
