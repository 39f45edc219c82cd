from bench.load import Outcome
from bench.rounds import Round
from bench.table import closed_table, two_cores_table


def outcome(per_s: int) -> Outcome:
    return Outcome(per_s, 0, 1.0, 1.0)


ROUND: Round = {
    ("jobload", "closed 1 KiB"): outcome(100),
    ("compiled", "closed 1 KiB"): outcome(120),
    ("k9", "closed 1 KiB"): outcome(80),
}
OF_FEW: Round = {("wrk", "closed 1 KiB"): outcome(200)}


def test_each_is_compared_with_python_alone_and_with_the_compiled_one() -> None:
    rows = [*closed_table([ROUND])]
    assert rows[2:] == [
        "| jobload compiled, 1 KiB | 120 | 8,333.3 | 0.8 |  |",
        "| jobload in Python alone, 1 KiB | 100 | 10,000.0 |  | 1.2 |",
        "| k9, 1 KiB | 80 | 12,500.0 | 1.2 | 1.5 |",
    ]


def test_a_row_of_fewer_rounds_says_so() -> None:
    rows = [*closed_table([ROUND | OF_FEW, ROUND])]
    assert rows[-1].startswith("| wrk, 1 KiB (1 of 2 rounds) | 200 |")
    assert not any("of 2 rounds" in row for row in rows[:-1])


def test_on_two_cores_ratios_are_taken_within_a_round() -> None:
    rows = [*two_cores_table([{"jobload run": 50, "wrk": 100}, {"jobload run": 90, "wrk": 90}])]
    assert rows[2:] == [
        "| jobload run | 70 [50–90] | 0.75 [0.50–1.00] |",
        "| wrk | 95 [90–100] |  |",
    ]
