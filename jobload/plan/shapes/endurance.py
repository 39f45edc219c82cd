"""A ramp, then a hold long enough to show drift."""

from typing import ClassVar, Literal

from jobload.plan.scenario_fields import Question
from jobload.plan.shapes.ramp import RampAndHold


class Endurance(RampAndHold):
    asks: ClassVar[Question] = "drift"
    shape: Literal["endurance"] = "endurance"
