import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from bodies import ALL, LIGHT
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from jobload.judge.thresholds.threshold_schema import thresholds_schema
from jobload.plan.scenario_schema import scenarios_schema, schema_text

ROOT = Path(__file__).parents[2]


@cache
def scenarios() -> Draft202012Validator:
    return Draft202012Validator(scenarios_schema())


@cache
def thresholds() -> Draft202012Validator:
    return Draft202012Validator(thresholds_schema())


def written(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "name"}


@pytest.mark.parametrize(
    ("name", "schema", "renew"),
    [
        ("scenarios", scenarios_schema, "jobload.plan.scenario_schema"),
        ("thresholds", thresholds_schema, "jobload.judge.thresholds.threshold_schema"),
    ],
)
def test_the_committed_schema_is_that_of_the_models(
    name: str, schema: Callable[[], dict[str, Any]], renew: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = ROOT / "schemas" / f"{name}.schema.json"
    message = f"out of date; renew it: python -m {renew} > {file.relative_to(ROOT)}"
    assert file.read_text() == schema_text(schema()), message
    run_path(str(ROOT / f"{renew.replace('.', '/')}.py"), run_name="__main__")
    assert capsys.readouterr().out == file.read_text()
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", ["scenarios", "thresholds"])
def test_each_file_names_its_schema_and_fits_it(name: str) -> None:
    text = (ROOT / f"{name}.yaml").read_text()
    first, _ = text.split("\n", 1)
    assert first == f"# yaml-language-server: $schema=schemas/{name}.schema.json"
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    assert [*Draft202012Validator(schema).iter_errors(YAML(typ="safe").load(text))] == []


@pytest.mark.parametrize("body", ALL, ids=lambda body: str(body["shape"]))
def test_an_editor_accepts_every_shape(body: dict[str, Any]) -> None:
    assert scenarios().is_valid({"scenarios": {"some": written(body)}})


@pytest.mark.parametrize(
    "change",
    [
        {"rte": 5},
        {"users": "10"},
        {"users": 0},
        {"duration": 30},
        {"duration": "30"},
        {"rate": None},
        {"rate": 0},
        {"shape": "rmp"},
        {"name": "light"},
        {"expect": {"status": ["2XX"]}},
        {"arrivals": "evn"},
        {"client": "fasthtp"},
    ],
    ids=str,
)
def test_an_editor_marks_what_the_loader_refuses(change: dict[str, Any]) -> None:
    assert not scenarios().is_valid({"scenarios": {"light": {**written(LIGHT), **change}}})


def test_an_editor_marks_a_scenario_without_a_shape() -> None:
    body = {key: value for key, value in written(LIGHT).items() if key != "shape"}
    assert not scenarios().is_valid({"scenarios": {"light": body}})


@pytest.mark.parametrize(
    ("check", "valid"),
    [
        ({"metric": "p99", "expect": "<= 200ms", "for": "10s", "abort": True}, True),
        ({"metric": "service_p99.95", "max_increase": "10%", "min_delta": "5ms"}, True),
        ({"metric": "p100", "expect": "<= 200ms"}, False),
        ({"metric": "latency", "expect": "<= 200ms"}, False),
        ({"metric": "p99", "expect": "200ms"}, False),
        ({"metric": "p99", "expct": "<= 200ms"}, False),
        ({"metric": "p99", "expect": "<= 200ms", "abort": "yes"}, False),
        ({"metric": "p99", "expect": "<= 200ms", "within": 95}, False),
        ({"expect": "<= 200ms"}, False),
    ],
    ids=str,
)
def test_an_editor_knows_a_check_from_a_typing_error(check: dict[str, Any], valid: bool) -> None:
    assert thresholds().is_valid({"scenarios": {"light": [check]}}) is valid
