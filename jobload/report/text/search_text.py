"""A search for the capacity in words."""

from __future__ import annotations

from jobload.report.result import model, stage_model

SILENT = ("settle-", "drain-")
PHASES = {
    "double": "doubled",
    "bisect": "halved the interval",
    "back": "went back",
    "confirm": "tried again",
    "hold": "held",
}
RESULTS = {True: "passed", False: "failed", None: "undecided"}


def telling_stages(scenario: model.Scenario) -> list[stage_model.Stage]:
    """Those worth a line: of a search not the settling and draining in between."""
    if scenario.capacity is None:
        return scenario.stages
    return [stage for stage in scenario.stages if not stage.name.startswith(SILENT)]
