"""The stages of scenarios as rows of text, for people who check a plan before they run it."""

from collections.abc import Iterable, Iterator

from jobload.plan.duration import format_duration
from jobload.plan.profile import planned_arrivals, starts_s
from jobload.plan.scenario import Scenario
from jobload.plan.stage import Stage

HEADINGS = ("scenario", "stage", "start", "duration", "users", "rate", "judged", "planned")


def outline_lines(scenarios: Iterable[Scenario]) -> list[str]:
    """The rows as aligned columns under their headings."""
    table = [HEADINGS, *(row for scenario in scenarios for row in _rows(scenario))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in table
    ]


def _rows(scenario: Scenario) -> Iterator[tuple[str, ...]]:
    stages = scenario.stages()
    for stage, start_s in zip(stages, starts_s(stages), strict=False):
        yield (
            scenario.name,
            stage.name,
            format_duration(round(start_s, 3)),
            format_duration(round(stage.duration_s, 3)),
            _change(stage.users_from, stage.users_to, ""),
            _rate(stage),
            "yes" if stage.judged else "no",
            _planned(stage),
        )


def _rate(stage: Stage) -> str:
    if stage.rate_per_user is None:
        return "closed"
    rates = (stage.users_from * stage.rate_per_user, stage.users_to * stage.rate_per_user)
    return _change(*rates, "/s")


def _planned(stage: Stage) -> str:
    planned = planned_arrivals(stage)
    return "-" if planned is None else str(round(planned))


def _change(start: float, end: float, unit: str) -> str:
    return f"{end:g}{unit}" if start == end else f"{start:g} → {end:g}{unit}"
