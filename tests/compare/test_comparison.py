from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from made_past import light_run, light_runs, past_run, past_scenario, past_stage, spread

from jobload.compare.alarm_rule import Rule
from jobload.compare.comparison import Change, Comparison, compare
from jobload.compare.earlier_run import PastRun

STEADY = [20.0, 20.2, 19.9]


def change(comparison: Comparison, metric: str, place: str = "light") -> Change:
    (found,) = [c for c in comparison.changes if c.metric == metric and str(c.place) == place]
    return found


def compared(base: Sequence[float], new: Sequence[float], rule: Rule | None = None) -> Comparison:
    return compare(light_runs(base), light_runs(new, first_seed=100), rule)


def test_runs_of_the_same_give_no_alarm() -> None:
    comparison = compared(STEADY, [19.8, 20.1, 20.0])
    assert {c.finding for c in comparison.changes} == {"no change"}
    assert not comparison.regressions


def test_a_quarter_more_latency_is_a_regression_of_both_percentiles() -> None:
    comparison = compared(STEADY, [25.0, 25.2, 24.9])
    assert [c.metric for c in comparison.regressions] == ["p50", "p99"]
    p50 = change(comparison, "p50")
    assert p50.base == pytest.approx(20.0, rel=0.02)
    assert p50.ratio == pytest.approx(1.25, rel=0.02)
    assert p50.interval is not None
    assert 1.2 < p50.interval.low < 1.25 < p50.interval.high < 1.3


def test_a_quarter_less_is_an_improvement_and_no_alarm() -> None:
    comparison = compared([25.0, 25.2, 24.9], STEADY)
    assert change(comparison, "p50").finding == "improvement"
    assert not comparison.regressions


@pytest.mark.parametrize(
    ("base_ms", "new_ms", "rule", "finding"),
    [
        (20, 21.8, Rule(), "no change"),  # 9 %
        (20, 22.6, Rule(), "regression"),  # 13 %
        (10, 11.8, Rule(), "no change"),  # 18 %, but under 2 ms
        (10, 12.6, Rule(), "regression"),
        (10, 11.8, Rule(delta_ms=1), "regression"),
        (100, 104, Rule(), "no change"),  # 4 ms, but 4 %
        (100, 104, Rule(percent=3), "regression"),
    ],
)
def test_a_change_counts_when_it_is_large_in_proportion_and_in_itself(
    base_ms: float, new_ms: float, rule: Rule, finding: str
) -> None:
    def side(ms: float, seed: int) -> list[PastRun]:
        return [
            past_run(past_scenario(past_stage(spread(ms, seed=seed + n, noise=0.001))))
            for n in range(3)
        ]

    comparison = compare(side(base_ms, 0), side(new_ms, 10), rule)
    assert change(comparison, "p50").finding == finding


def test_what_may_be_chance_is_unclear_and_no_alarm() -> None:
    """The middle is 30 % up, but one of the new runs is as quick as the base."""
    comparison = compared([20.0, 21.0, 20.5], [26.5, 20.2, 27.0])
    assert change(comparison, "p50").finding == "unclear"
    assert not comparison.regressions


def test_one_run_with_a_hiccup_is_no_regression() -> None:
    comparison = compared(STEADY, [20.0, 80.0, 20.1])
    assert change(comparison, "p50").finding == "no change"


def test_the_spread_between_runs_widens_the_interval() -> None:
    calm = change(compared(STEADY, STEADY), "p50").interval
    wild = change(compared([20.0, 26.0, 17.0], STEADY), "p50").interval
    assert calm is not None
    assert wild is not None
    assert wild.high - wild.low > 3 * (calm.high - calm.low)


def rate_run(rps: float, failed: int = 0) -> PastRun:
    return past_run(past_scenario(past_stage(spread(20), rps=rps, failed=failed)))


def rates(base: Sequence[float], new: Sequence[float], rule: Rule | None = None) -> Comparison:
    return compare([rate_run(r) for r in base], [rate_run(r) for r in new], rule)


@pytest.mark.parametrize(
    ("base", "new", "finding"),
    [
        ([100, 101, 102], [100, 101, 102], "no change"),
        ([100, 101, 102], [80, 81, 82], "regression"),
        ([100, 101, 102], [95, 96, 97], "no change"),
        ([80, 81, 82], [100, 101, 102], "improvement"),
        ([100, 101, 102], [80, 103, 82], "unclear"),
        ([3, 3, 3], [2.3, 2.3, 2.3], "no change"),  # under 1/s
        ([100, 101, 102], [0, 0, 0], "regression"),
    ],
)
def test_a_rate_is_worse_when_it_falls(
    base: Sequence[float], new: Sequence[float], finding: str
) -> None:
    assert change(rates(base, new), "throughput").finding == finding


def test_failures_lower_the_goodput_alone() -> None:
    good = [rate_run(50) for _ in range(3)]
    bad = [rate_run(40, failed=70) for _ in range(3)]
    comparison = compare(good, bad)
    assert change(comparison, "throughput").finding == "no change"
    assert change(comparison, "goodput").finding == "regression"


def test_failures_of_a_single_second_may_be_chance() -> None:
    stage = replace(past_stage(spread(20), rps=44, failed=42), good_by_second=[51] * 6 + [2])
    found = change(compare([rate_run(50)], [past_run(past_scenario(stage))]), "goodput")
    assert found.ratio == 0.88
    assert found.finding == "unclear"


def test_a_base_of_nothing_has_no_ratio() -> None:
    found = change(rates([0, 0, 0], [50, 50, 50]), "goodput")
    assert (found.ratio, found.interval, found.finding) == (None, None, "unclear")


def test_too_few_samples_of_a_side_decide_nothing() -> None:
    """p99 needs 299 samples, p50 five."""
    few = [past_run(past_scenario(past_stage(spread(20, n=50)))) for _ in range(3)]
    slow = [past_run(past_scenario(past_stage(spread(90, n=50)))) for _ in range(3)]
    comparison = compare(few, slow)
    assert change(comparison, "p99").finding == "too few samples"
    assert change(comparison, "p50").finding == "regression"
    none = [past_run(past_scenario(past_stage([]))) for _ in range(3)]
    assert change(compare(few, none), "p50").finding == "too few samples"


def test_samples_of_a_side_add_up() -> None:
    runs = [past_run(past_scenario(past_stage(spread(20, n=100)))) for _ in range(3)]
    assert change(compare(runs, runs), "p99").finding == "no change"


def test_one_run_a_side_is_indicative() -> None:
    one = compare([light_run(20)], [light_run(30, 1)])
    assert one.is_indicative
    assert change(one, "p50").finding == "regression"
    assert compare(light_runs(STEADY), [light_run(30, 1)]).is_indicative
    assert not compare(light_runs([20, 20]), light_runs([30, 30], 9)).is_indicative


def test_the_same_runs_always_give_the_same() -> None:
    base, new = light_runs(STEADY), light_runs([22.0, 23.0, 24.0], 7)
    once = compare(base, new).changes
    assert compare(base, new).changes == once
    assert compare(base, new, Rule(seed=1)).changes != once


def suite_run(spike_ms: float, seed: int) -> PastRun:
    calm = past_stage(spread(20, seed=seed), name="baseline")
    ramp = past_stage(spread(500), name="ramp-up", judged=False)
    peak = past_stage(spread(spike_ms, seed=seed + 50), name="spike")
    return past_run(
        past_scenario(ramp, past_stage(spread(20, seed=seed + 90))),
        past_scenario(ramp, calm, peak, name="spike"),
    )


def test_every_scenario_its_judged_stages_and_the_whole_are_compared() -> None:
    base = [suite_run(30, seed) for seed in range(3)]
    new = [suite_run(40, seed) for seed in range(10, 13)]
    comparison = compare(base, new)
    places = list(dict.fromkeys(str(c.place) for c in comparison.changes))
    assert places == ["light", "spike", "spike/baseline", "spike/spike", "overall"]
    worse = {str(c.place) for c in comparison.regressions}
    assert "spike/spike" in worse
    assert not worse & {"light", "spike/baseline"}
    whole = change(comparison, "p99", "overall").base
    assert whole is not None
    assert whole < 50  # ramps are left out


def test_more_places_ask_for_more_certainty_of_each() -> None:
    base, new = light_runs(STEADY), light_runs([20.3, 20.1, 20.2], 5)
    alone = change(compare(base, new), "p50").interval
    stages = ("a", "b", "c", "d")

    def staged(run: PastRun) -> PastRun:
        (stage,) = run.stages("light")
        many = [past_stage(spread(20), name=name) for name in stages]
        return past_run(past_scenario(stage, *many))

    among = change(compare([*map(staged, base)], [*map(staged, new)]), "p50", "light/hold")
    assert alone is not None
    assert among.interval is not None
    assert among.interval.high - among.interval.low > alone.high - alone.low


def test_repetitions_in_one_run_count_as_one_run() -> None:
    stage = past_stage(spread(20, n=200))
    run = past_run(past_scenario(stage), past_scenario(stage))
    comparison = compare([run], [run])
    assert comparison.is_indicative
    assert change(comparison, "p99").finding == "no change"


@pytest.mark.slow
@pytest.mark.parametrize(("ratio", "least", "most"), [(1.0, 0, 2), (1.25, 18, 20)])
def test_of_twenty_noisy_pairs_few_are_false_and_most_are_found(
    ratio: float, least: int, most: int
) -> None:
    """Runs differ by 5 % in the middle and by much in the tail, as on a busy machine."""
    random = Random(4)

    def noisy(ms: float) -> PastRun:
        own = ms * random.lognormvariate(0, 0.05)
        times = [own + 3 * random.lognormvariate(0, 0.8) for _ in range(350)]
        for position in random.sample(range(350), random.choice([0, 0, 4, 20])):
            times[position] += random.expovariate(1 / 30)
        return past_run(past_scenario(past_stage(times)))

    alarms = sum(
        bool(
            compare(
                [noisy(20) for _ in range(3)], [noisy(20 * ratio) for _ in range(3)]
            ).regressions
        )
        for _ in range(20)
    )
    assert least <= alarms <= most
