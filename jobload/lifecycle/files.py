"""Where the files of a run are: named, in the current folder, or those that come with jobload."""

from __future__ import annotations

from pathlib import Path

SCENARIOS = "scenarios.yaml"
THRESHOLDS = "thresholds.yaml"
LOCUSTFILE = "locustfile.py"


def find_scenarios(given: str | None) -> Path:
    return Path(given) if given else _own(SCENARIOS)


def find_thresholds(given: str | None, scenarios: str | None) -> Path | None:
    """Beside a scenario file of one's own only the threshold file next to it counts, if any."""
    if given:
        return Path(given)
    if scenarios:
        beside = Path(scenarios).parent / THRESHOLDS
        return beside if beside.exists() else None
    return _own(THRESHOLDS)


def find_locustfile() -> Path:
    return _own(LOCUSTFILE)


def _own(name: str) -> Path:
    here = Path(name)
    return here if here.exists() else with_jobload(name)


def with_jobload(name: str) -> Path:
    checkout = Path(__file__).resolve().parents[2] / name
    return checkout if checkout.exists() else Path(__file__).resolve().parents[1] / "files" / name
