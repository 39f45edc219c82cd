from bench.load import Outcome
from bench.summary import Spread, inverse, kept, per_s, ratio, spread


def done(ours: float, theirs: float) -> dict[tuple[str, str], Outcome]:
    return {
        ("jobload", "closed 1 KiB"): Outcome(int(ours), 0, 1.0, 1.0),
        ("go", "closed 1 KiB"): Outcome(int(theirs), 0, 1.0, 1.0),
    }


ROUNDS = [done(300, 100), done(100, 100), done(800, 400)]


def test_ratios_are_taken_within_a_round() -> None:
    """3, 1 and 2: their median is 2, while that of the rates would be 300 over 100."""
    assert ratio(ROUNDS, "closed 1 KiB", "go", per_s) == Spread(2, 1, 3)


def test_a_round_without_the_other_is_left_out() -> None:
    alone = {("jobload", "closed 1 KiB"): Outcome(900, 0, 1.0, 1.0)}
    assert ratio([*ROUNDS, alone], "closed 1 KiB", "go", per_s) == Spread(2, 1, 3)
    assert ratio([alone], "closed 1 KiB", "go", per_s) is None


def test_a_spread_is_median_lowest_and_highest() -> None:
    assert spread(ROUNDS, ("jobload", "closed 1 KiB"), per_s) == Spread(300, 100, 800)
    assert spread(ROUNDS, ("jobload", "open 200/s"), per_s) is None


def test_the_inverse_swaps_the_ends() -> None:
    assert inverse(Spread(2, 1, 4)) == Spread(0.5, 0.25, 1)
    assert inverse(None) is None


def test_what_a_flow_keeps_of_the_fixed_request_is_taken_within_a_round() -> None:
    rounds = [
        {("jobload", "closed 1 KiB"): Outcome(fixed, 0, 1.0, 1.0),
         ("jobload", "flow 1 step"): Outcome(flow, 0, 1.0, 1.0)}
        for fixed, flow in ((100, 70), (400, 240), (100, 90))
    ]  # fmt: skip
    share = kept([*rounds, {}], "jobload", "flow 1 step", "closed 1 KiB", per_s)
    assert share == Spread(0.7, 0.6, 0.9)
