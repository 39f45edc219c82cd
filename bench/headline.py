"""The few figures of the benchmark that docs/speed.md quotes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bench import goals as g
from bench.compiled import ALONE, COMPILED
from bench.rounds import FIXED, FLOWS, OURS, Round
from bench.summary import Spread, per_s, ratio, spread

SMALL, LARGE, FLOW = FIXED, "closed 8 KiB", FLOWS[4]
NAMES = {
    "compiled": "**jobload, compiled**",
    "jobload": "**jobload, Python alone**",
    "k9": "k9-load, a Rust engine",
    "go": "the reference design, in Go",
    "fasthttp": "Locust's FastHttpUser",
    "http": "Locust's HttpUser",
}


def headline(rounds: Sequence[Round], machine: dict[str, Any]) -> str:
    return "\n".join([*_closed(rounds), "", _open(rounds), "", _where(rounds, machine), ""])


def _closed(rounds: Sequence[Round]) -> Iterator[str]:
    yield (
        "| one core | 1 KiB jobs/s | jobload is, in Python alone / compiled | 8 KiB jobs/s"
        " | jobload is | requests/s of a flow of 4 steps | jobload is |"
    )
    yield "|---|---|---|---|---|---|---|"
    for name, shown in NAMES.items():
        cells = [cell for load in (SMALL, LARGE, FLOW) for cell in _cells(rounds, name, load)]
        if any(cells):
            yield f"| {shown} | {' | '.join(cells)} |"


def _cells(rounds: Sequence[Round], name: str, load: str) -> tuple[str, str]:
    rate = spread(rounds, (name, load), per_s)
    if rate is None:
        return "", ""
    return f"{rate.median:,.0f}", "" if name in OURS else _times(rounds, name, load)


def _times(rounds: Sequence[Round], name: str, load: str) -> str:
    both = [ratio(rounds, load, name, per_s, ours) for ours in (ALONE, COMPILED)]
    return " / ".join(f"{times.median:.1f} ×" for times in both if times)


def _open(rounds: Sequence[Round]) -> str:
    def of(rate: str, read: Any) -> Spread | None:
        return spread(rounds, ("jobload", f"open {rate}/s"), read)

    return (
        "Arrivals start after their intended time by: "
        + "; ".join(
            f"at {rate}/s {half.median:.2f} ms (p50), {most.median:.2f} ms (p99)"
            for rate in ("200", "2000")
            if (half := of(rate, g.p50)) and (most := of(rate, g.p99))
        )
        + "."
    )


def _where(rounds: Sequence[Round], machine: dict[str, Any]) -> str:
    return (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, Python"
        f" {machine['python']}, the server on the other core; medians of {len(rounds)} interleaved"
        " rounds, ratios within a round."
    )
