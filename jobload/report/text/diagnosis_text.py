"""What is wrong with the stages of a scenario, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from jobload.judge.cause import NOTHING, UNTOLD
from jobload.report.result import model
from jobload.report.text.search_text import telling_stages


def diagnosis_lines(scenario: model.Scenario) -> Iterator[tuple[str, str]]:
    """(sentence, advice), of a stage that is named; one for all of them when nothing is wrong."""
    troubled = [
        (stage.name, found)
        for stage in telling_stages(scenario)
        if (found := stage.diagnosis) is not None and found.cause != "none"
    ]
    for name, found in troubled:
        yield f"{name}: {found.sentence}", found.advice
    if not troubled:
        yield (UNTOLD if scenario.status == "FAIL" else NOTHING).sentence, ""
