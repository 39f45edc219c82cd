"""What the benchmark must show, and whether it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.compiled import ALONE, COMPILED, SHOWN
from bench.memory import Memory
from bench.near_maximum import (
    SHARES,
    NearMaximum,
    arrivals_per_s,
    lower_p99_ms,
    valid_percent,
)
from bench.rounds import FIXED, FLOWS, SHARE, TARGET, Round
from bench.summary import (
    ReadOutcome,
    Spread,
    cpu_us,
    inverse,
    kept,
    missed,
    of_evenness,
    per_s,
    ratio,
    spread,
)
from bench.target import WITH, WITHOUT

CLOSED_GOALS = {("1 KiB", "fasthttp"): 7.0, ("1 KiB", "go"): 2.0, ("1 KiB", "k9"): 1.0,
                ("8 KiB", "fasthttp"): 8.0, ("8 KiB", "go"): 3.0}  # fmt: skip
FLOW_SHARE = 0.6
FLOW_K9 = 1.0
NEAR_PER_S = 30_000.0

rate_error = of_evenness(lambda e: abs(e.rate_error_percent))
deviation = of_evenness(lambda e: e.deviation)
p50 = of_evenness(lambda e: e.lateness_p50_ms)
p99 = of_evenness(lambda e: e.lateness_p99_ms)
longest = of_evenness(lambda e: e.lateness_max_ms)


@dataclass(frozen=True, slots=True)
class Extras:
    """What is measured once, outside the rounds. `workers` may report to one core a second; `runs`
    says which jobload the whole runs were of."""

    recorder_growth_mb: float
    sample_us: float
    workers: float
    own_request_us: float
    first_line_s: Spread
    first_request_s: Spread
    validate_s: Spread
    memory: Memory
    runs: str
    near_maximum: list[NearMaximum]
    two_cores: list[dict[str, float]]


@dataclass(frozen=True, slots=True)
class Goal:
    """`measured` is None where it could not be, for want of a tool."""

    name: str
    at_least: float | None
    at_most: float | None
    measured: Spread | None

    @property
    def is_met(self) -> bool | None:
        if self.measured is None:
            return None
        value = self.measured.median
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


def goals(rounds: Sequence[Round], extras: Extras) -> Iterator[Goal]:
    yield from _speed(rounds)
    yield from _flows(rounds)
    yield _at_most(rounds, "200/s: deviation per 100 ms", "open 200/s", deviation, 0.5)
    yield _at_most(rounds, "200/s: lateness p99, ms", "open 200/s", p99, 2.0)
    yield _at_most(rounds, "2,000/s: rate error, %", "open 2000/s", rate_error, 0.1)
    yield _at_most(rounds, "2,000/s: lateness p99, ms", "open 2000/s", p99, 2.0)
    cpu = ratio(rounds, "open 2000/s", "fasthttp", cpu_us)
    yield Goal(f"{SHOWN[ALONE]}, 2,000/s: CPU a request × fasthttp paced as evenly", None, 0.5, cpu)
    yield _at_most(rounds, "60 % of the maximum: rate error, %", SHARE, rate_error, 0.5)
    yield _at_most(rounds, "60 % of the maximum: lateness p99, ms", SHARE, p99, 20.0)
    yield _at_most(rounds, "60 % of the maximum: missed", SHARE, missed, 0.0)
    for share in SHARES:
        name = f"{SHOWN[extras.runs]}, a whole run at {share:.0%} of the open model's maximum"
        if share == max(SHARES):
            yield Goal(f"{name}: arrivals/s", NEAR_PER_S, None,
                       arrivals_per_s(extras.near_maximum, share))  # fmt: skip
        valid = _single(valid_percent(extras.near_maximum, share))
        yield Goal(f"{name}: % of them valid", 100.0, None, valid)
        yield Goal(f"{name}: lower p99 of a target that answers at once, ms", None, 1.0,
                   lower_p99_ms(extras.near_maximum, share))  # fmt: skip
    yield Goal("target: POST of 1 KiB with everything on × without its Redis call, requests/s",
               0.6, None, ratio(rounds, TARGET, WITHOUT, per_s, WITH))  # fmt: skip
    growth = _single(extras.recorder_growth_mb)
    yield Goal("recorder: MB more after 5 million samples than after 50,000", None, 5.0, growth)
    yield Goal("10,000 users: MB", None, 150.0, _single(extras.memory.ten_thousand_users))
    yield Goal("histogram: µs a sample", None, 0.5, _single(extras.sample_us))
    yield Goal("master: workers a second on one core", 500.0, None, _single(extras.workers))
    cost = _single(extras.own_request_us)
    yield Goal("a request of any Locust user: µs more than Locust alone", None, 5.0, cost)
    yield Goal("jobload run: s to its first line", None, 0.3, extras.first_line_s)
    yield Goal("jobload run: s to the embedded target's first request", None, 1.5,
               extras.first_request_s)  # fmt: skip
    yield Goal("jobload validate: s", None, 0.4, extras.validate_s)


def _speed(rounds: Sequence[Round]) -> Iterator[Goal]:
    """Against others, of the compiled one; the tables have Python alone besides."""
    for (size, other), least in CLOSED_GOALS.items():
        load = f"closed {size}"
        name = f"{SHOWN[COMPILED]}, {load}: × {other}"
        yield Goal(f"{name}, operations/s", least, None,
                   ratio(rounds, load, other, per_s, COMPILED))  # fmt: skip
        yield Goal(f"{name}, operations per CPU second", least, None,
                   inverse(ratio(rounds, load, other, cpu_us, COMPILED)))  # fmt: skip


def _flows(rounds: Sequence[Round]) -> Iterator[Goal]:
    for flow in FLOWS.values():
        yield Goal(f"{SHOWN[COMPILED]}, {flow}: × k9, requests/s", FLOW_K9, None,
                   ratio(rounds, flow, "k9", per_s, COMPILED))  # fmt: skip
        for one in (COMPILED, ALONE):
            share = kept(rounds, one, flow, FIXED, per_s, ALONE)
            name = f"{SHOWN[one]}, {flow}: × the fixed request of Python alone, requests/s"
            yield Goal(name, FLOW_SHARE, None, share)


def _at_most(rounds: Sequence[Round], name: str, load: str, read: ReadOutcome, most: float) -> Goal:
    return Goal(f"{SHOWN[ALONE]}, {name}", None, most, spread(rounds, (ALONE, load), read))


def _single(value: float) -> Spread:
    return Spread(value, value, value)
