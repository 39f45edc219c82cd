"""What a LoadTestShape of somebody's own does: known only when it is done."""

from collections.abc import Mapping
from typing import Literal, Self

from jobload.plan.scenario_fields import Scenario
from jobload.plan.stage import Stage

CUSTOM = "custom"
"""What its scenario is called, in thresholds as well."""
STAGE = "load"
LONGEST_S = 7 * 24 * 3600.0


class Custom(Scenario):
    """No scenario of a file: a locustfile has the shape, and it takes no rate."""

    shape: Literal["custom"] = "custom"

    def stages(self) -> tuple[Stage, ...]:
        return (Stage(STAGE, LONGEST_S, 1, 1, None, judged=True),)

    def without_rate(self) -> Self:
        return self


def custom_scenario(mix: Mapping[str, int | float]) -> Custom:
    """Without a mix of the file's own the users are the usual ones."""
    return Custom(name=CUSTOM, users_mix=dict(mix)) if mix else Custom(name=CUSTOM)
