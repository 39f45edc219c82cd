"""Refusals are told, however many there are, and no peer writes into the log."""

from __future__ import annotations

import logging

import pytest

from jobload.lifecycle.port.refusals import QUIET_S, Refusals


def test_the_first_is_told_at_once_and_the_others_as_a_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = [100.0]
    refusals = Refusals(lambda: now_s[0])
    with caplog.at_level(logging.WARNING):
        for _ in range(2000):
            refusals.note("Refused it.")
        assert caplog.messages == ["Refused it."]
        now_s[0] += QUIET_S
        refusals.note("Refused it.")
    assert caplog.messages[1:] == ["Refused it. (1,999 more were refused before this)"]


def test_what_a_peer_wrote_stays_on_one_short_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Refusals().note("\x1b[2J\nVerdict: PASS\u202e" + "x" * 5000)
    assert caplog.messages[0].startswith("�[2J�Verdict: PASS�x")
    assert len(caplog.messages[0]) <= 300
