"""V9: every arrival and every attempt is accounted for, to the last one."""

from collections.abc import Iterator
from typing import Any

from e2e.outcome import Outcome

Difference = tuple[str, int, int]


def differences(result: dict[str, Any]) -> list[Difference]:
    """(what, one count, the other count) wherever the two are not the same."""
    stages = [stage for scenario in result["scenarios"] for stage in scenario["stages"]]
    equations = [equation for stage in stages for equation in _of_stage(stage)]
    total, counted = result["total"], [_sum(stages, n) for n in ("succeeded", "failed", "censored")]
    names = ("successful_requests", "failed_requests", "censored_requests")
    equations += [(n, total[n], count) for n, count in zip(names, counted, strict=True)]
    return [equation for equation in equations if equation[1] != equation[2]]


def _of_stage(stage: dict[str, Any]) -> Iterator[Difference]:
    name = stage["name"]
    yield (
        f"{name}: offered = started + missed + surplus",
        stage["offered"],
        stage["started"] + stage["missed"] + stage["surplus"],
    )
    steps = [place for place in stage["endpoints"] if place["is_step"]]
    alone = [place for place in stage["endpoints"] if not place["is_step"]]
    for place in (*([] if steps else [stage]), *stage["endpoints"]):
        ended = place["succeeded"] + place["failed"] + place["censored"]
        where = f"{name} {place['name']}"
        yield f"{where}: started = succeeded + failed + censored", place["started"], ended
        tries = place["started"] + place["retries"] + place["repeats"]
        yield f"{where}: attempts = started + retries", place["attempts"], tries
    for count in ("started", "succeeded", "failed", "censored", "attempts", "retries"):
        yield f"{name}: {count} of operations", stage[count], _sum(alone + stage["flows"], count)
    for count in ("attempts", "retries"):
        yield (
            f"{name}: {count} of steps",
            _sum(stage["flows"], count),
            _sum(steps, count),
        )


def _sum(places: list[dict[str, Any]], count: str) -> int:
    return sum(place[count] for place in places)


def server_differences(outcome: Outcome, facts: dict[str, Any]) -> list[Difference]:
    """Where every attempt reached the server: its counts against the tester's."""
    loaded = {place: n for place, n in facts["requests"].items() if place != "GET /"}
    equations = [
        ("attempts = what the server counted", outcome.sum("attempts"), sum(loaded.values())),
        ("started = keys the server saw", outcome.sum("started"), sum(facts["keys"].values())),
    ]
    return [equation for equation in equations if equation[1] != equation[2]]


def assert_accounts(outcome: Outcome, facts: dict[str, Any] | None = None) -> None:
    wrong = differences(outcome.result)
    if facts is not None:
        wrong += server_differences(outcome, facts)
    assert not wrong, f"{wrong}\n{outcome.console}"
