"""The pages say everything that is there to be said, and lead where they say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fields import every_field, fields_of
from jsonschema import Draft202012Validator
from pages import DOCS, PAGES, ROOT

from jobload.judge.thresholds.metric import Statistic
from jobload.judge.thresholds.threshold_schema import thresholds_schema
from jobload.lifecycle.setting_names import KNOWN
from jobload.plan.scenario_schema import scenarios_schema
from target_app.settings import PREFIX, Settings

OF_THE_TYPE = "a duration such as 30s, 1m30s or 500ms"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
OF_THE_PROJECT = [*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md")]


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.parent == DOCS and p.name != "index.md"], ids=lambda p: p.name
)
def test_a_page_begins_with_what_one_gets(page: Path) -> None:
    title, _, first = page.read_text().split("\n", 2)
    assert title.startswith("# ")
    assert first.startswith("You get ")


@pytest.mark.parametrize("schema_of", [scenarios_schema, thresholds_schema])
def test_every_field_of_the_reference_has_a_meaning(
    schema_of: Callable[[], dict[str, Any]],
) -> None:
    silent = [
        f"{model}.{field}"
        for model, field, said in every_field(schema_of())
        if said.get("description", OF_THE_TYPE) == OF_THE_TYPE and field != "shape"
    ]
    assert silent == []


def test_the_reference_says_how_little_a_number_may_be_and_no_empty_word() -> None:
    text = fields_of(scenarios_schema())
    assert "| `seed` | whole number, 0 or more | `0` |" in text
    assert "| `unit` | `%` or `s` or" in text


def test_every_metric_is_explained() -> None:
    text = (DOCS / "thresholds.md").read_text()
    named = {name for row in re.findall(r"(?m)^\| (`.*?) \|", text) for name in row.split("`")}
    assert {*get_args(Statistic)} - {"percentile"} <= named


def test_every_setting_is_explained() -> None:
    text = (DOCS / "settings.md").read_text()
    known = [*KNOWN, *(PREFIX + name.upper() for name in Settings.model_fields)]
    assert [name for name in known if f"`{name}`" not in text] == []


def test_every_command_of_the_readme_has_a_recipe() -> None:
    readme, recipes = (ROOT / "README.md").read_text(), (DOCS / "commands.md").read_text()
    named = {*re.findall(r"(?m)(?:`|^)(?:\.venv/bin/)?((?:make|jobload) [a-z]+)", readme)}
    assert named
    assert [name for name in sorted(named) if name not in recipes] == []


def links() -> Iterator[tuple[Path, str]]:
    for page in OF_THE_PROJECT:
        for target in LINK.findall(page.read_text()):
            if "://" not in target:
                yield page, target


@pytest.mark.parametrize(("page", "target"), [*links()], ids=lambda x: str(getattr(x, "name", x)))
def test_a_link_of_the_project_leads_somewhere(page: Path, target: str) -> None:
    """Those of docs/ are checked as the pages are built."""
    file, _, anchor = target.partition("#")
    aim = (page.parent / file).resolve() if file else page
    assert aim.exists()
    if anchor:
        headings = re.findall(r"(?m)^#+ (.*)$", aim.read_text())
        assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}


def test_the_example_run_is_a_result_of_this_version() -> None:
    schema = json.loads((ROOT / "schemas/result.schema.json").read_text())
    result = json.loads((DOCS / "example_run/result.json").read_text())
    assert [*Draft202012Validator(schema).iter_errors(result)] == []
