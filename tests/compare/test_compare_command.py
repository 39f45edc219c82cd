"""jobload compare, as it is called."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import pytest
from made_result import result_of
from made_run import Beat, MadeRun, light

from jobload.cli import main
from jobload.report.files.write import to_json
from jobload.report.result.model import Result


def result(ms: float, seed: int, **changes: object) -> Result:
    made = _played(ms, seed)
    shown = {"run_id": f"20261122-110500-{seed:06x}", "scenarios": [*made.scenarios]}
    return made.model_copy(update=shown | changes)


@cache
def _played(ms: float, seed: int) -> Result:
    random = Random(seed)
    run = MadeRun()
    run.play(light(), lambda *_: Beat(ms=[ms * random.lognormvariate(0, 0.05) for _ in range(50)]))
    return result_of(run.end())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    sides = {"base": (20.0, 0), "same": (20.0, 50), "slow": (26.0, 90)}
    folder = tmp_path_factory.mktemp("runs")
    return {
        name: [saved(folder, f"{name}{n}", result(ms, seed + n)) for n in range(3)]
        for name, (ms, seed) in sides.items()
    }


def saved(folder: Path, name: str, made: Result) -> str:
    path = folder / name / "result.json"
    path.parent.mkdir()
    path.write_text(to_json(made))
    return str(path.parent)


def compared(base: Sequence[str], new: Sequence[str], *options: str) -> int:
    return main(["compare", "--base", *base, "--new", *new, *options])


def test_runs_of_the_same_exit_with_0(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(runs["base"], runs["same"]) == 0
    assert capsys.readouterr().out.endswith("No alarm.\n")


def test_slower_runs_exit_with_1(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(runs["base"], runs["slow"]) == 1
    assert "Regression: light p50" in capsys.readouterr().out


def test_the_limits_of_an_alarm_can_be_set(runs: dict[str, list[str]]) -> None:
    assert compared(runs["base"], runs["slow"], "--max-change", "50%") == 0
    assert compared(runs["base"], runs["slow"], "--min-delta", "20ms") == 0
    assert compared(runs["base"], runs["slow"], "--min-delta", "500ms") == 0


def test_two_runs_can_be_named_without_options(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", runs["base"][0], f"{runs['slow'][0]}/result.json"]) == 1
    assert "Indicative" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": "INVALID"}, "is INVALID"),
        ({"environment": {"target_version": "2"}}, "the target's version: 1 and 2"),
    ],
)
def test_runs_that_can_not_be_compared_exit_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], says: str
) -> None:
    base = saved(tmp_path, "base", result(20, 1, environment={"target_version": "1"}))
    new = saved(tmp_path, "new", result(20, 2, **changes))
    assert main(["compare", base, new]) == 2
    said = capsys.readouterr()
    assert says in said.err
    assert not said.out


def test_other_versions_are_compared_when_that_is_asked_for(tmp_path: Path) -> None:
    one = saved(tmp_path, "one", result(20, 1, environment={"target_version": "1"}))
    two = saved(tmp_path, "two", result(20, 2, environment={"target_version": "2"}))
    assert main(["compare", one, two, "--across-versions"]) == 0


def test_runs_without_samples_can_not_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(to_json(result(20, 1)))
    for stage in data["scenarios"][0]["stages"]:
        stage["judged"] = False
    path = tmp_path / "result.json"
    path.write_text(json.dumps(data))
    assert main(["compare", str(path), str(path)]) == 2
    assert "no judged stage of light ran" in capsys.readouterr().err


def test_an_unreadable_run_exits_with_2_and_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert str(tmp_path / "a") in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "not 0 runs"),
        (["a"], "not 1 run\n"),
        (["a", "b", "c"], "not 3 runs"),
        (["--base", "a"], "belong together"),
        (["a", "b", "--base", "c"], "either two runs, or --base and --new"),
        (["a", "b", "--min-delta", "2"], "needs a unit"),
        (["a", "b", "--max-change", "ten"], "expected a percentage"),
        (["a", "b", "--confidence", "100%"], "less than 100%"),
        (["a", "b", "--comparable", "0"], "expected a number of runs, 1 or more, not '0'"),
        (["a", "b", "--comparable", "-2"], "1 or more, not '-2'"),
        (["a", "b", "--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_command_line_exits_with_2_and_a_sentence(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["compare", *arguments])
    assert raised.value.code == 2
    assert says in capsys.readouterr().err


# --- for pull requests ----------------------------------------------------------------------


def test_markdown_has_the_finding_the_table_and_a_chart(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(runs["base"], runs["slow"], "--markdown") == 1
    text = capsys.readouterr().out
    assert text.startswith("### ❌ jobload: regression: light p50, light p99")
    assert re.search(r"\| light \| p50 \| 2\d\.?\d* ms \| 2\d\.?\d* ms \| 1\.\d+ \|", text)
    assert "🔺 regression" in text
    chart = text.partition("```mermaid\n")[2].partition("```")[0]
    names = re.search(r'x-axis \["light p50", "light p99", "light throughput", .*\]', chart)
    bars = re.search(r"bar \[(.*)\]", chart)
    assert names
    assert bars
    percents = [float(percent) for percent in bars[1].split(", ")]
    assert percents[0] == pytest.approx(130, abs=5)
    assert percents[2] == pytest.approx(100, abs=1)


def test_markdown_of_runs_like_each_other_has_no_alarm(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(runs["base"], runs["same"], "--markdown") == 0
    assert capsys.readouterr().out.startswith("### ✅ jobload: no alarm.\n")


def test_markdown_of_one_run_a_side_is_labelled_in_words(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(runs["base"][:1], runs["same"][:1], "--markdown") == 0
    assert capsys.readouterr().out.startswith("### ✅ jobload: no alarm (indicative)")


def test_markdown_says_why_runs_can_not_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = saved(tmp_path, "base", result(20, 1, run_id="<b>|`x`"))
    new = saved(tmp_path, "new", result(20, 2, status="INVALID", run_id="<i>"))
    assert main(["compare", base, new, "--markdown"]) == 2
    text = capsys.readouterr().out
    assert "not compared" in text
    assert "Run &lt;i&gt; is INVALID" in text
    assert "<i>" not in text


def test_names_of_others_are_neither_markup_nor_a_part_of_the_chart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = 'a"]\n```\n<img src=x> | b'
    made = [result(20, n) for n in (1, 2)]
    for each in made:
        each.scenarios[0] = each.scenarios[0].model_copy(update={"name": evil})
    base, new = (saved(tmp_path, name, each) for name, each in zip("ab", made, strict=True))
    assert main(["compare", base, new, "--markdown"]) == 0
    text = capsys.readouterr().out
    assert "<img" not in text
    assert text.count("```") == 2
    assert 'x-axis ["a- - -img src-x- - b p50"' in text or 'x-axis ["a-' in text


def test_of_many_base_runs_the_newest_that_can_be_compared_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = [saved(tmp_path, f"base{n}", result(20, n)) for n in range(4)]
    base.append(saved(tmp_path, "other", result(20, 8, status="INVALID")))
    new = [saved(tmp_path, "new", result(20, 9))]
    assert compared(base, new) == 2
    assert compared(base, new, "--comparable", "2") == 0
    said = capsys.readouterr()
    (line,) = [line for line in said.out.splitlines() if line.startswith("base")]
    assert line.endswith("2 runs: 20261122-110500-000002, 20261122-110500-000003")
    assert compared([*base, *new], new, "--comparable", "2") == 0
    assert line in capsys.readouterr().out
    assert compared(base[-1:], new, "--comparable", "2") == 2
    assert "is INVALID" in capsys.readouterr().err


def test_of_many_base_runs_those_that_can_not_be_read_are_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = [saved(tmp_path, f"base{n}", result(20, n)) for n in range(2)]
    damaged = [str(tmp_path / name) for name in ("cut-off", "gone")]
    Path(damaged[0]).write_text(Path(base[0], "result.json").read_text()[:5000])
    new = [saved(tmp_path, "new", result(20, 9))]
    assert compared([*base, *damaged], new, "--comparable", "5") == 0
    said = capsys.readouterr()
    assert "\nbase  2 runs: " in f"\n{said.out}"
    assert [line.split()[:3] for line in said.err.splitlines()] == [
        ["Left", "out:", name] for name in damaged
    ]
    assert compared([damaged[0], *base, damaged[0]], new, "--comparable", "5") == 0
    assert compared([*base, *damaged], new) == 2
    assert compared(damaged, new, "--comparable", "5") == 2


@pytest.mark.parametrize("options", [[], ["--markdown"]])
def test_runs_of_another_machine_or_python_are_compared_with_a_caution(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    def made(name: str, processor: str | None, python: str) -> str:
        versions = {"python": python, "jobload": "0.3.0"}
        environment = {"processor": processor, "cpu_count": 4, "versions": versions}
        return saved(tmp_path, name, result(20, 1, environment=environment))

    one, same = made("one", "A", "3.11.7"), made("same", "A", "3.11.7")
    other, unknown = made("other", "B", "3.12.1"), made("unknown", None, "3.11.7")
    assert main(["compare", one, other, *options]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "which differs: machine A, 4 CPUs / B, 4 CPUs; Python 3.11.7 / 3.12.1." in text
    for alike in (same, unknown):
        assert main(["compare", one, alike, *options]) == 0
        assert "which differs" not in capsys.readouterr().out


def test_a_run_on_both_sides_is_refused_unless_it_is_the_pair_that_was_asked_for(
    runs: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    one, *others = runs["base"]
    for base, new in (([*others, one], [one]), ([one], [one, *others]), ([one], [one])):
        assert compared(base, new) == 2
        assert capsys.readouterr().err.startswith("Run 20261122-110500-000000 is on both sides")
    assert compared([one], [one], "--comparable", "3") == 2
    assert "is on both sides" in capsys.readouterr().err
    assert main(["compare", one, one]) == 0


def test_a_name_that_is_too_long_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "x" * 300, "x" * 300]) == 2
    assert "can't be read: File name too long" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--markdown"]])
@pytest.mark.parametrize("place", ["run_id", "scenario", "shape", "key", "version"])
def test_a_result_from_elsewhere_can_not_command_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, options: list[str]
) -> None:
    evil = "x\x1b[2J\u202e\nVerdict: PASS\r"
    data = json.loads(to_json(result(20, 1)))
    scenario = data["scenarios"][0]
    match place:
        case "run_id":
            data["run_id"] += evil
        case "scenario":
            scenario["name"] = evil
        case "shape":
            scenario["configuration"]["shape"] = evil
        case "key":
            scenario["configuration"][evil] = 1
        case _:
            data["environment"]["target_version"] = evil
    path = tmp_path / "result.json"
    path.write_text(json.dumps(data))
    main(["compare", saved(tmp_path, "sound", result(20, 2)), str(path), *options])
    said = "".join(capsys.readouterr())
    assert [each for each in said if not each.isprintable() and each != "\n"] == []
    assert re.search(r"^\W*Verdict: PASS", said, re.MULTILINE) is None
