from bodies import ADHOC, LIGHT, SPIKE

from jobload.plan.outline import outline_lines
from jobload.plan.scenario import load_scenario


def test_the_outline_shows_each_stage_as_a_row_of_a_table() -> None:
    assert outline_lines([load_scenario(SPIKE)]) == [
        "scenario  stage     start  duration  users    rate        judged  planned",
        "spike     baseline  0s     5s        10       40/s        yes     200",
        "spike     ramp-up   5s     2s        10 → 50  40 → 200/s  no      240",
        "spike     spike     7s     15s       50       200/s       yes     3000",
        "spike     recovery  22s    8s        10       40/s        yes     320",
    ]


def test_a_closed_model_plans_no_operations() -> None:
    _, *rows = outline_lines([load_scenario(ADHOC)])
    assert [row.split()[-3::2] for row in rows] == [["closed", "-"]] * 2


def test_times_are_shown_to_the_millisecond() -> None:
    scenario = load_scenario(LIGHT | {"ramp_up": "5.0004s", "duration": "30.0008s"})
    _, *rows = outline_lines([scenario])
    assert [row.split()[2:4] for row in rows] == [["0s", "5s"], ["5s", "25s"]]
