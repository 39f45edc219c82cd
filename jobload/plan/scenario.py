"""Scenarios of all shapes, and the way from plain data to one of them."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import Discriminator

from jobload.plan.scenario_fields import Scenario
from jobload.plan.shapes.adhoc import Adhoc
from jobload.plan.shapes.capacity import Capacity
from jobload.plan.shapes.custom import CUSTOM, Custom
from jobload.plan.shapes.endurance import Endurance
from jobload.plan.shapes.ramp import Ramp
from jobload.plan.shapes.spike import Spike
from jobload.plan.shapes.staged import Staged
from jobload.plan.shapes.step_stress import StepStress

__all__ = ["SHAPES", "AnyScenario", "Scenario", "load_scenario"]

_Shape = Ramp | Spike | Endurance | StepStress | Capacity | Adhoc | Staged
AnyScenario = Annotated[_Shape, Discriminator("shape")]
SHAPES: dict[str, type[Scenario]] = {
    shape.model_fields["shape"].default: shape for shape in get_args(_Shape)
}


def load_scenario(data: Mapping[str, Any]) -> Scenario:
    """A scenario from plain data, such as `model_dump(mode="json")` gives."""
    shape = Custom if data["shape"] == CUSTOM else SHAPES[data["shape"]]
    return shape.model_validate(dict(data))
