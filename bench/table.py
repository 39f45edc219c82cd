"""The results in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import goals as g
from bench.compiled import ALONE, COMPILED, SHOWN
from bench.disturbance import QUIET_PERCENT
from bench.memory import Memory
from bench.rounds import FIXED, SHARE, TARGET, Key, Round
from bench.summary import (
    ReadOutcome,
    Spread,
    cpu_ms,
    cpu_us,
    kept,
    keys,
    per_s,
    ratio,
    spread,
)
from bench.target import WITH, WITHOUT

TIMES = ("Python alone is ×", "compiled is ×")


def markdown(
    rounds: Sequence[Round], extras: g.Extras, machine: dict[str, Any], note: str | None
) -> str:
    return "\n".join(
        [
            *([f"**{note}**", ""] if note else []),
            _heading(rounds, machine),
            "",
            *closed_table(rounds),
            "",
            *_flows(rounds),
            "",
            *_open(rounds),
            "",
            *two_cores_table(extras.two_cores),
            "",
            _disturbances(rounds),
            "",
            *_target(rounds),
            "",
            *_memory(extras.memory),
            "",
            *_goals(rounds, extras),
            "",
        ]
    )


def insert(table: str, file: Path, name: str = "bench") -> None:
    """Puts the table between the two marks of a document that have this name."""
    begin, end = (f"<!-- {name}: {word} -->" for word in ("begin", "end"))
    before, _, rest = file.read_text().partition(begin)
    _, _, after = rest.partition(end)
    file.write_text(f"{before}{begin}\n{table}{end}{after}")


def _heading(rounds: Sequence[Round], machine: dict[str, Any]) -> str:
    return (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores,"
        f" {machine['system']}, Python {machine['python']}, Locust {machine['locust']}, gevent"
        f" {machine['gevent']}, against {machine['server']}; {len(rounds)} interleaved rounds;"
        f" load average at the start {machine['load_average']}. Medians, ranges in brackets."
    )


def closed_table(rounds: Sequence[Round]) -> Iterator[str]:
    yield (
        "| closed model, 50 users, one core | operations/s | CPU µs/operation"
        f" | {TIMES[0]} | {TIMES[1]} |"
    )
    yield "|---|---|---|---|---|"
    for _, _, cells in _speeds(rounds, "closed "):
        yield f"| {cells} |"


def _flows(rounds: Sequence[Round]) -> Iterator[str]:
    yield (
        "| flow with a row and captures, 50 users, one core | requests/s | CPU µs/request"
        f" | {TIMES[0]} | {TIMES[1]} | × its own fixed request |"
    )
    yield "|---|---|---|---|---|---|"
    for name, load, cells in _speeds(rounds, "flow "):
        yield f"| {cells} | {_text(kept(rounds, name, load, FIXED, per_s), 2)} |"


def _speeds(rounds: Sequence[Round], kind: str) -> Iterator[tuple[str, str, str]]:
    """(generator, load, what is in the cells of both tables) of each load of a kind."""
    for key in keys(rounds):
        name, load = key
        if load.startswith(kind):
            rate, cpu = spread(rounds, key, per_s), spread(rounds, key, cpu_us)
            times = _times(rounds, load, name, per_s, 1 if kind == "closed " else 2)
            cells = (_label(rounds, key, kind), _text(rate, 0), _text(cpu), *times)
            yield name, load, " | ".join(cells)


def _label(rounds: Sequence[Round], key: Key, kind: str) -> str:
    """Says how many rounds there were where there were fewer."""
    name, load = key
    took_part = sum(key in done for done in rounds)
    fewer = f" ({took_part} of {len(rounds)} rounds)" if took_part < len(rounds) else ""
    return f"{SHOWN.get(name, name)}, {load.removeprefix(kind)}{fewer}"


def _times(
    rounds: Sequence[Round], load: str, other: str, read: ReadOutcome, digits: int
) -> list[str]:
    """What Python alone is, and what the compiled one is, of another's figure."""
    return [
        "" if ours == other else _text(ratio(rounds, load, other, read, ours), digits)
        for ours in (ALONE, COMPILED)
    ]


def _open(rounds: Sequence[Round]) -> Iterator[str]:
    yield (
        "| open model, even arrivals, 1 KiB | rate error % | deviation per 100 ms"
        " | lateness p50 / p99 / max, ms | CPU µs/operation"
        " | Python alone uses × its CPU | compiled uses × its CPU |"
    )
    yield "|---|---|---|---|---|---|---|"
    for key in keys(rounds):
        name, load = key
        if not load.startswith("open"):
            continue
        times = _times(rounds, load, name, cpu_us, 2)
        cells = ["", "", ""]
        if any(done[key].evenness for done in rounds if key in done):
            late = (_median(spread(rounds, key, read)) for read in (g.p50, g.p99, g.longest))
            cells = [
                _text(spread(rounds, key, g.rate_error), 3),
                _text(spread(rounds, key, g.deviation), 2),
                " / ".join(late),
            ]
        cpu = _text(spread(rounds, key, cpu_us))
        label = _label(rounds, key, "open ")
        yield f"| {label} | {' | '.join([*cells, cpu, *times])} |"


def _disturbances(rounds: Sequence[Round]) -> str:
    outcomes = [done["jobload", SHARE] for done in rounds]
    tries = sum(outcome.tries for outcome in outcomes)
    left = [o.disturbed_percent for o in outcomes if o.disturbed_percent > QUIET_PERCENT]
    worst = f", disturbed for up to {max(left):.1f} %" if left else ""
    return (
        f"The load at 60 % was tried {tries} times for {len(outcomes)} rounds, because the machine"
        f" had not been quiet; {len(left)} rounds had no quiet try{worst}."
    )


def two_cores_table(found: Sequence[dict[str, float]]) -> Iterator[str]:
    """Each of its figures is of one round, as all ratios are."""
    yield f"| generator and server on both cores, {len(found)} rounds | requests/s | × wrk |"
    yield "|---|---|---|"
    for name in found[0]:
        rate = Spread.of([each[name] for each in found])
        times = [each[name] / each["wrk"] for each in found if "wrk" in each and name != "wrk"]
        yield f"| {name} | {_text(rate, 0)} | {_text(Spread.of(times), 2) if times else ''} |"


def _target(rounds: Sequence[Round]) -> Iterator[str]:
    yield "| the stand-in target, one process, POST of 1 KiB | requests/s | its CPU s/1,000 | × |"
    yield "|---|---|---|---|"
    for name in (WITH, WITHOUT):
        key = name, TARGET
        times = ratio(rounds, TARGET, WITHOUT, per_s, WITH) if name == WITH else None
        yield (
            f"| {name} | {_text(spread(rounds, key, per_s), 0)}"
            f" | {_text(spread(rounds, key, cpu_ms), 3)} | {_text(times, 2) if times else ''} |"
        )


def _memory(memory: Memory) -> Iterator[str]:
    yield "| memory | MB |"
    yield "|---|---|"
    yield f"| a process that makes load, before its first user | {memory.process:.0f} |"
    yield f"| 1,000 users, each with a connection | {memory.thousand_users:.0f} |"
    yield f"| 10,000 users, each with a connection | {memory.ten_thousand_users:.0f} |"
    yield f"| an endpoint or step with response times of all sizes | {memory.endpoint:.2f} |"
    yield f"| the master, for each hour and endpoint | {memory.master_hour:.0f} |"


def _goals(rounds: Sequence[Round], extras: g.Extras) -> Iterator[str]:
    yield "| goal | wanted | measured | met |"
    yield "|---|---|---|---|"
    for goal in g.goals(rounds, extras):
        wanted = f"≥ {goal.at_least:,g}" if goal.at_least is not None else f"≤ {goal.at_most:,g}"
        met = {True: "yes", False: "**no**", None: "not measured"}[goal.is_met]
        yield f"| {goal.name} | {wanted} | {_text(goal.measured, 2)} | {met} |"


def _median(figure: Spread | None) -> str:
    return "" if figure is None else f"{figure.median:.2f}"


def _text(figure: Spread | None, digits: int = 1) -> str:
    if figure is None:
        return "–"
    text = f"{figure.median:,.{digits}f}"
    if figure.low == figure.high:
        return text
    return f"{text} [{figure.low:,.{digits}f}–{figure.high:,.{digits}f}]"
