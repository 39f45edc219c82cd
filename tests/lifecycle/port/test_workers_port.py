"""What a master keeps of what its workers send."""

from __future__ import annotations

from locust.env import Environment

from jobload.lifecycle.port.workers_port import (
    LONGEST_MESSAGE,
    LONGEST_TRACEBACK,
    MOST_EXCEPTIONS,
    bound_exceptions,
)


def test_exceptions_are_kept_cut_and_so_many_of_them() -> None:
    runner = Environment(user_classes=[]).create_local_runner()
    bound_exceptions(runner)
    for n in range(2 * MOST_EXCEPTIONS):
        runner.log_exception("w1", "m" * 100_000, "t" * 100_000 + f"{n}")
    runner.log_exception("w2", "m" * 100_000, "t" * 100_000 + "0")
    runner.quit()
    kept = list(runner.exceptions.values())
    assert len(kept) == MOST_EXCEPTIONS
    assert kept[0]["count"] == 2
    assert kept[0]["nodes"] == {"w1", "w2"}
    assert max(len(row["msg"]) for row in kept) == LONGEST_MESSAGE
    assert max(len(row["traceback"]) for row in kept) == LONGEST_TRACEBACK
