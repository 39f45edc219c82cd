from shapes.adhoc import AdHoc
from shapes.capacity import Capacity
from shapes.endurance import Endurance
from shapes.ramp import Ramp
from shapes.spike import Spike
from shapes.staged import StagedShape
from shapes.step_stress import StepStress
from shapes.suite import Suite

__all__ = ["AdHoc", "Capacity", "Endurance", "Ramp", "Spike", "StagedShape", "StepStress", "Suite"]
