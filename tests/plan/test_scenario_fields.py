from typing import Any

import pytest
from bodies import LIGHT
from pydantic import ValidationError

from jobload.plan.scenario import load_scenario


def test_the_defaults_are_those_of_the_reference() -> None:
    light = load_scenario(LIGHT)
    assert (light.method, light.endpoint, light.headers) == ("POST", "/api/v1/jobs", {})
    assert (light.timeout_s, light.retries, light.arrivals, light.seed) == (30.0, 3, "even", 0)
    assert (light.users_mix, light.payload) == ({"JobSubmitter": 1}, None)
    assert light.expect.accepts(200)
    assert light.expect.accepts(399)
    assert not light.expect.accepts(199)
    assert not light.expect.accepts(400)
    assert light.expect.json_keys == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("users", 1),
        ("users", 100_000),
        ("retries", 0),
        ("retries", 10),
        ("timeout", "1ms"),
        ("timeout", "1h"),
        ("payload_bytes", 0),
        ("payload_bytes", 16 * 1024 * 1024),
        ("seed", 2**63 - 1),
        ("rate", 0.5),
        ("method", "PURGE"),
        ("endpoint", "/"),
        ("endpoint", "/api/jobs?limit=5&x=%20"),
        ("endpoint", "/a;v=1/b:go/~c,d/(e)?f[]=!$&g=%7B1%7d"),
        ("headers", {"X-Trace": "a b", "Authorization": "Bearer ${TOKEN}"}),
        ("expect", {"status": [201, "300-308"], "json": ["id", "$schema"]}),
        ("expect", {"status": ["2xx", 304]}),
        ("expect", {"status": 201}),
        ("retry", {"times": 0, "status": [429, "5xx", "400-408"], "after": "server"}),
        ("retry", {"status": "400-408"}),
        ("payload", {"file": "jobs.jsonl"}),
        ("users_mix", {"JobSubmitter": 3, "JobWatcher": 1}),
        ("tls", {"cert": "c.pem", "key": "k.pem", "ca": "ca.pem"}),
        ("tls", {"verify": False}),
        ("ready", "/healthz?full=1"),
    ],
)
def test_the_last_value_that_is_still_possible_is_accepted(key: str, value: Any) -> None:
    load_scenario({**LIGHT, key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("users", 0),
        ("users", 100_001),
        ("users", True),
        ("users", 10.0),
        ("users", "10"),
        ("rate", 0),
        ("rate", -1),
        ("rate", float("nan")),
        ("rate", float("inf")),
        ("rate", True),
        ("rate", "50"),
        ("retries", -1),
        ("retries", 11),
        ("timeout", "0s"),
        ("timeout", "61m"),
        ("timeout", 30),
        ("timeout", True),
        ("duration", "169h"),
        ("duration", "0s"),
        ("payload_bytes", -1),
        ("payload_bytes", 16 * 1024 * 1024 + 1),
        ("seed", 2**63),
        ("arrivals", "random"),
        ("method", "post"),
        ("method", "PO ST"),
        ("method", ""),
        ("endpoint", "api"),
        ("endpoint", "//elsewhere/api"),
        ("endpoint", "http://elsewhere/"),
        ("endpoint", "/a b"),
        ("endpoint", "/a\r\nX: y"),
        ("endpoint", "/a#b"),
        ("endpoint", "/ü"),
        ("endpoint", "/jobs/${TS}"),
        ("endpoint", "/jobs/${TS"),
        ("endpoint", "/jobs/{id}"),
        ("endpoint", "/jobs/{{ id }}"),
        ("endpoint", "/jobs?x=%zz"),
        ("endpoint", "/jobs/100%"),
        ("endpoint", "/jobs/<id>"),
        ("endpoint", "/a|b"),
        ("endpoint", "/a\\b"),
        ("endpoint", '/a"b"'),
        ("headers", {"X Y": "a"}),
        ("headers", {"X:": "a"}),
        ("headers", {"": "a"}),
        ("headers", {"X": "a\r\nInjected: b"}),
        ("headers", {"X": " a"}),
        ("headers", {"X": "ü"}),
        ("headers", {"X": 5}),
        ("headers", {"X": "${}"}),
        ("headers", {"X": "${TOKEN"}),
        ("headers", {"content-length": "5"}),
        ("headers", {"X-A": "1", "x-a": "2"}),
        ("expect", {"status": []}),
        ("expect", {"status": [99]}),
        ("expect", {"status": [600]}),
        ("expect", {"status": ["399-200"]}),
        ("expect", {"status": ["2XX"]}),
        ("expect", {"status": ["6xx"]}),
        ("retry", {"times": 11}),
        ("retry", {"status": []}),
        ("retry", {"status": ["all"]}),
        ("retry", {"after": "never"}),
        ("retry", {"after": True}),
        ("retry", 3),
        ("tls", {"key": "k.pem"}),
        ("tls", {"ca": "ca.pem", "verify": False}),
        ("tls", {"verify": "no"}),
        ("tls", {"cert": ""}),
        ("ready", "healthz"),
        ("ready", True),
        ("expect", {"status": [True]}),
        ("expect", {"status": 2010}),
        ("expect", {"json": "id"}),
        ("expect", {"json": ["$.id"]}),
        ("expect", {"json": ["$['id']"]}),
        ("expect", {"json": {"id": 1}}),
        ("payload", {"file": ""}),
        ("payload", "jobs.jsonl"),
        ("users_mix", {}),
        ("users_mix", {"JobSubmitter": 0}),
        ("users_mix", ["JobSubmitter"]),
        ("client", "fasthttp"),
        ("bogus", 1),
    ],
)
def test_the_first_value_that_is_impossible_is_refused(key: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        load_scenario({**LIGHT, key: value})
    assert {error["loc"][0] for error in refused.value.errors()} == {key}


def test_success_is_one_of_the_statuses_named_alone_or_in_a_range() -> None:
    expect = load_scenario({**LIGHT, "expect": {"status": [201, "300-301"]}}).expect
    accepted = [status for status in range(100, 600) if expect.accepts(status)]
    assert accepted == [201, 300, 301]
    of_a_class = load_scenario({**LIGHT, "expect": {"status": ["3xx"]}}).expect
    assert of_a_class.statuses == frozenset(range(300, 400))


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({}, 3),
        ({"retries": 1}, 1),
        ({"retry": {"status": [429]}}, 3),
        ({"retry": {"times": 5}}, 5),
        ({"retries": 1, "retry": {"status": [429]}}, 1),
        ({"retries": 1, "retry": {"times": 1}}, 1),
    ],
)
def test_how_often_is_tried_again_is_said_in_one_place(fields: Any, times: int) -> None:
    scenario = load_scenario({**LIGHT, **fields})
    assert scenario.retry_times == times
    assert load_scenario(scenario.dump()) == scenario
    with pytest.raises(ValidationError, match="give one"):
        load_scenario({**LIGHT, "retries": 2, "retry": {"times": 1}})
