"""A ramp, then a hold long enough to show drift."""

from typing import Literal

from jobload.plan.ramp import RampAndHold


class Endurance(RampAndHold):
    shape: Literal["endurance"] = "endurance"
