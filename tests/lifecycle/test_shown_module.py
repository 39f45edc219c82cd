"""One of Locust's modules sees another one than everybody else."""

import math
from types import ModuleType

from jobload.lifecycle.shown_module import show


def test_what_is_put_in_its_place_is_seen_there_only_and_all_else_stays() -> None:
    of_locust = ModuleType("of_locust")
    vars(of_locust)["math"] = math
    show(of_locust, "math", pi=3)
    show(of_locust, "math", tau=6)
    shown = vars(of_locust)["math"]
    assert (shown.pi, shown.tau, shown.e) == (3, 6, math.e)
    assert math.pi > 3.1
