"""What a worker says of itself when it comes."""

from __future__ import annotations

import pytest

from jobload.lifecycle.port import introduction as module
from jobload.measure.noted_operation import NotedAttempt
from jobload.measure.stage_record import EndpointRecord


def test_counters_in_another_order_are_another_jobload(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [*module._told_by_position()]
    for kind in (EndpointRecord, NotedAttempt):
        assert (kind.__name__, *kind.__struct_fields__) in told
    name, first, second, *rest = at = next(each for each in told if each[0] == "StageRecord")
    swapped = [(name, second, first, *rest) if each == at else each for each in told]
    of_ours = module.introduction()
    monkeypatch.setattr(module, "_told_by_position", lambda: swapped)
    assert module.introduction.__wrapped__() != of_ours
