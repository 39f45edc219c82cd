"""observe: in scenarios.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobload.plan.plan_file import PlanFile, load_plan_file
from jobload.plan.problem import PlanError

SCENARIO = "scenarios: {light: {shape: ramp, users: 1, duration: 5s}}\n"
QUERY = "queries: {cpu: {query: up, unit: '%'}}"


def load(observe: str) -> PlanFile:
    return load_plan_file("scenarios.yaml", SCENARIO + f"observe: {{{observe}}}\n")


def wrong(observe: str) -> str:
    with pytest.raises(PlanError) as raised:
        load(observe)
    return str(raised.value)


def test_it_is_of_the_whole_file() -> None:
    observe = load(f"prometheus: http://127.0.0.1:9090/prom, {QUERY}, every: 5s").observe
    assert observe is not None
    assert observe.every_s == 5.0
    assert {name: (q.query, q.unit) for name, q in observe.queries.items()} == {"cpu": ("up", "%")}
    assert load_plan_file("scenarios.yaml", SCENARIO).observe is None


def test_its_certificates_lie_beside_the_file() -> None:
    text = "prometheus: https://prom, tls: {ca: ca.pem}, " + QUERY
    path = Path("/plans/scenarios.yaml")
    observe = load_plan_file(path, SCENARIO + f"observe: {{{text}}}").observe
    assert observe is not None
    assert observe.tls is not None
    assert observe.tls.ca == "/plans/ca.pem"


@pytest.mark.parametrize(
    ("observe", "sentence"),
    [
        (QUERY, "observe.prometheus: is missing"),
        ("prometheus: http://p", "observe.queries: is missing"),
        ("prometheus: http://p, queries: {}", "observe.queries: needs at least one entry"),
        (f"prometheus: p:9090, {QUERY}", "such as http://127.0.0.1:9090, not 'p:9090'"),
        (f"prometheus: 'http://p/?a=b', {QUERY}", "expected the address of a Prometheus"),
        (
            f"prometheus: http://p, {QUERY}, every: 500ms",
            "expected a duration from 1s to 1m, not 500ms",
        ),
        (f"prometheus: http://p, {QUERY}, evry: 5s", "unknown key; "),
        (
            "prometheus: http://p, queries: {CPU: {query: up}}",
            "observe.queries.CPU: expected a name of lower-case letters",
        ),
        (
            "prometheus: http://p, queries: {cpu: {query: up, unit: percent}}",
            "observe.queries.cpu.unit: 'percent' is no choice; expected %, s, ms, ",
        ),
        (
            "prometheus: http://p, queries: {cpu: {query: up, units: '%'}}",
            "observe.queries.cpu.units: unknown key; expected query or unit; did you mean unit?",
        ),
        (
            f"prometheus: http://p, headers: {{Authorization: '${{TOKEN'}}, {QUERY}",
            "a ${ without a name and }",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(observe: str, sentence: str) -> None:
    said = wrong(observe)
    assert said.startswith("scenarios.yaml:2:")
    assert sentence in said


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    said = wrong(f"prometheus: http://me:pa55word@p, {QUERY}")
    assert "say them in headers" in said
    assert "pa55word" not in said
