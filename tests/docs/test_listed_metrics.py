"""docs/metrics.md lists what a scraper finds, and its queries are answered."""

from __future__ import annotations

import re

from generated import metrics_table
from made_frame import frame
from pages import DOCS
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from jobload.live.metrics.prometheus_families import PrometheusFamilies

ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (\S+) \| (.*?) \| (.+) \|$", re.MULTILINE)


def listed() -> dict[str, tuple[str, set[str], str]]:
    """By name: type, labels and meaning."""
    rows = ROW.findall(metrics_table())
    return {
        name: (kind, {*re.findall(r"`(\w+)`", labels)}, text)
        for name, kind, _, labels, text in rows
    }


def scraped() -> dict[str, tuple[str, set[str], str]]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(PrometheusFamilies(frame))
    found = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[name] = (family.type, labels, family.documentation)
    return found


def test_the_page_lists_each_metric_as_it_is_scraped() -> None:
    assert listed() == scraped()
    assert "<!-- generated: metrics -->" in (DOCS / "metrics.md").read_text()


def test_names_have_their_units_at_the_end() -> None:
    for name, kind, unit, _, _ in ROW.findall(metrics_table()):
        suffix = "_total" if kind == "counter" else f"_{unit}" if unit != "–" else ""
        assert name.endswith(suffix), name


def test_every_metric_that_the_page_names_is_there() -> None:
    named = re.findall(r"jobload_\w+", (DOCS / "metrics.md").read_text())
    assert named
    assert {name.removesuffix("_bucket") for name in named} <= {*listed()}
