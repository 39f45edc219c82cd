from bench.steal import STAT, StealWatch, stolen_s

STAT_TEXT = """cpu  30 0 30 300 0 0 0 750 0 0
cpu0 10 0 10 100 0 0 0 250 0 0
cpu1 20 0 20 200 0 0 0 500 0 0
intr 12345 0
ctxt 678
"""


def test_the_kernel_tells_what_each_core_lost_in_hundredths_of_a_second() -> None:
    assert stolen_s(frozenset({0, 1}), STAT_TEXT) == {0: 2.5, 1: 5.0}
    assert stolen_s(frozenset({1}), STAT_TEXT) == {1: 5.0}


def test_this_machine_has_lost_no_more_than_all_of_its_time() -> None:
    assert STAT.exists()
    assert 0 <= StealWatch((0,)).percent() <= 100 * 2
