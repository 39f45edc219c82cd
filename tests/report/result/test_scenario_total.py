"""The plan of a run in a history: other versions of jobload write the same for the same."""

from __future__ import annotations

from typing import Any

import pytest
from made_result import full_result

from jobload.plan.scenario import load_scenario
from jobload.report.result.model import Scenario
from jobload.report.result.redact import redacted_configuration
from jobload.report.result.scenario_total import plan_hash

CONFIGURATION = redacted_configuration(
    load_scenario(
        {
            "name": "checkout",
            "shape": "staged",
            "stages": [{"name": "hold", "duration": "5s", "users": 2, "rate": 3}],
            "steps": [{"post": "/carts", "json": {"note": None}}, {"pause": "1s"}],
            "tls": {"verify": False},
        }
    ).dump()
)
OF_0_3_0 = "e9c47c82cc9b"


def scenario(**more: Any) -> Scenario:
    made = full_result().scenarios[0]
    return made.model_copy(update={"configuration": CONFIGURATION | more})


def test_a_history_goes_on_from_the_first_version_that_wrote_one() -> None:
    assert plan_hash(scenario()) == OF_0_3_0


@pytest.mark.parametrize(
    ("more", "is_same"),
    [
        ({"proxy": None, "http2": False, "tags": []}, True),
        ({"http2": True}, False),
        (
            {"steps": [{**CONFIGURATION["steps"][0], "proxy": None}, CONFIGURATION["steps"][1]]},
            True,
        ),
        ({"audit": False}, False),
        ({"variables": {"note": None}}, False),
    ],
    ids=str,
)
def test_a_field_that_a_later_version_adds_counts_where_it_says_something(
    more: dict[str, Any], is_same: bool
) -> None:
    assert (plan_hash(scenario(**more)) == OF_0_3_0) is is_same
