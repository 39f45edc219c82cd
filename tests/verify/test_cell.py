"""A cell of the page "Who notices?", of a real run."""

import pytest

from verify.who_notices.cell import measure, verdict
from verify.who_notices.fault import FAULTS
from verify.who_notices.tools.jobload import Jobload

pytestmark = [pytest.mark.processes, pytest.mark.timed]


def test_a_cell_can_be_made_by_itself() -> None:
    cell = measure(Jobload(), FAULTS["errors"])
    assert verdict(cell, FAULTS["errors"]) == "noticed"
    assert cell.claim.words == "FAIL"
    assert cell.claim.requests is not None
    # One more asks, before the load, whether anybody is there.
    assert cell.counted - 1 <= cell.claim.requests <= cell.counted
    assert 4 * (cell.claim.errors or 0) == cell.claim.requests, "three retries each"
    assert "--scenario jobs" in cell.command
