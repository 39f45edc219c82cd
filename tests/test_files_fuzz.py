"""Whatever stands in the two files is understood or told: never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import seeds, story

from jobload.cli import main
from jobload.judge.thresholds.threshold_file import load_threshold_file
from jobload.plan.outline import outline_lines
from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
FILES = {
    name: (ROOT / f"{name}.yaml").read_text()
    + (ROOT / "examples" / "own-api" / f"{name}.yaml").read_text().partition("scenarios:\n")[2]
    for name in ("scenarios", "thresholds")
}
SCENARIOS = load_plan_file(ROOT / "scenarios.yaml").scenarios
ODD = (
    *("", "\n", "  ", "\t", ":", "- ", "[", "]", "{", "}", "&a ", "*a", "!!x ", "|", ">", "#", "?"),
    *("'", '"', "%", "@", "`", "---\n", "...\n", "\ufeff", "\0", "\x85", "\u2028", "\ud800"),
    *("null", "~", "true", "NaN", ".inf", "-1", "0", "1e999", "1_0", "0x10", "9" * 400, "-0.0"),
    *("5s", "1h99m", "-5s", "5xx", "1..2", "<= 1%", ">= ", "p99.99999", "p0", "p100", "${A}"),
    *("retry: {times: 99}", "tls: {key: 1}", "ready: 5", "stages: []", "users: [1, 1]", "rate: 0"),
)

MOST_CHARACTERS = 700
"""Of a sentence; most have fewer than 100, but some list all there is to choose from."""


def understood_or_told(name: str, text: str) -> None:
    try:
        if name == "thresholds":
            load_threshold_file("x.yaml", SCENARIOS, text=text)
            return  # its specs are plain data
        plan = load_plan_file("x.yaml", text)
        outline_lines(plan.scenarios.values())
        for scenario in plan.scenarios.values():
            assert load_scenario(scenario.dump()) == scenario
    except PlanError as error:
        told = [str(problem) for problem in error.errors]
    else:
        return
    assert told
    assert all(sentence.startswith("x.yaml") for sentence in told)


def mangled(random: Random, text: str) -> str:
    for _ in range(random.randint(1, 5)):
        at = random.randrange(len(text) + 1)
        end = min(len(text), at + random.choice((0, 0, 1, 3, 20, 200)))
        piece = random.choice((*ODD, text[at : at + 60]))
        text = text[:at] + piece + text[end:]
    return text


def reworded(random: Random, text: str) -> str:
    """One value after a colon or in a list becomes another."""
    places = [at for at, character in enumerate(text) if character in ":[,"]
    at = random.choice(places) + 1
    end = at
    while end < len(text) and text[end] not in ",]}\n":
        end += 1
    return f"{text[:at]} {random.choice(ODD)}{text[end:]}"


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [mangled, reworded])
def test_a_good_file_that_was_damaged_is_understood_or_told(
    name: str, change: Callable[[Random, str], str], fuzz_s: float
) -> None:
    def act(chance: Random) -> None:
        understood_or_told(name, change(chance, FILES[name]))

    for seed in seeds(500, fuzz_s / 4):
        story(seed, act)


@pytest.mark.processes
def test_validate_tells_of_a_hundred_damaged_files_where_and_what_in_readable_sentences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the examples, with all that it looks at: requests, rows, users, and what is observed."""
    examples = sorted((ROOT / "examples").glob("*/scenarios.yaml"))
    for seed in range(100):
        chance = Random(seed)
        own = shutil.copytree(chance.choice(examples).parent, tmp_path / f"{seed}")
        damaged = own / chance.choice(["scenarios.yaml", "thresholds.yaml"])
        text = chance.choice([mangled, reworded])(chance, damaged.read_text())
        damaged.write_bytes(text.encode("utf-8", "surrogatepass"))
        code = main(["validate", "--scenarios", str(own / "scenarios.yaml")])
        told = capsys.readouterr().err.splitlines()
        assert (code, bool(told)) in ((0, False), (2, True)), (seed, told)
        for sentence in told:
            assert sentence.startswith(f"{own}/"), seed
            assert len(sentence) < len(str(own)) + MOST_CHARACTERS, (seed, sentence)


YAML_LIKE = st.text(st.sampled_from("ab1 -:\n[]{},'\"&*!|>#%?~.5s"), max_size=80)
SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(ODD), st.text(max_size=8)
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "scenarios",
                    "suites",
                    "ready",
                    "light",
                    "shape",
                    "users",
                    "rate",
                    "stages",
                    "tls",
                    "retry",
                    "expect",
                    "metric",
                    "stage",
                    "headers",
                    "duration",
                    "defaults",
                    "step",
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=600, derandomize=True)
@given(st.sampled_from(list(FILES)), YAML_LIKE)
def test_any_text_is_understood_or_told(name: str, text: str) -> None:
    understood_or_told(name, text)


@settings(max_examples=600, derandomize=True)
@given(st.sampled_from(list(FILES)), st.sampled_from(["ramp", "spike", "staged", ""]), VALUE)
def test_any_values_in_the_place_of_a_scenario_or_its_checks_are_understood_or_told(
    name: str, shape: str, value: object
) -> None:
    shown = f"shape: {shape}, " if shape else ""
    understood_or_told(name, f"scenarios: {{light: {{{shown}users: {flow(value)}}}}}")
    understood_or_told(name, f"scenarios: {{light: [{flow(value)}]}}")
    understood_or_told(name, f"scenarios: {flow(value)}")
    understood_or_told(name, f"defaults: {flow(value)}\nready: {flow(value)}\nscenarios: {{}}")


def flow(value: object) -> str:
    """As YAML writes it on one line; texts as they are, quoted or not."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "" if value is None else str(value)


@settings(max_examples=200, derandomize=True)
@given(content=st.binary(max_size=60))
def test_any_bytes_of_a_file_are_understood_or_told(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "bytes.yaml"
    file.write_bytes(content)
    for read in (load_plan_file, lambda path: load_threshold_file(path, SCENARIOS)):
        with pytest.raises(PlanError):
            read(file)
