"""Which attempts are tried again, and when: the reference design's policy."""

from __future__ import annotations

from jobload.plan.base import RETRY_FIRST_PAUSE_S


def wait_before_s(retry: int) -> float:
    """The pause before retry number 1, 2, 3, …: 100, 200, 400 ms and so on."""
    return RETRY_FIRST_PAUSE_S * 2.0 ** (retry - 1)


def is_worth_retrying(status: int | None) -> bool:
    """Network errors (no status) and 5xx are; whatever else the target says is its answer."""
    return status is None or 500 <= status < 600
