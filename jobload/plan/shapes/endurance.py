"""A ramp, then a hold long enough to show drift."""

from typing import Literal

from jobload.plan.shapes.ramp import RampAndHold


class Endurance(RampAndHold):
    shape: Literal["endurance"] = "endurance"
