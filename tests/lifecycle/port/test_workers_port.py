"""What a master keeps of what its workers send."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import locust
import pytest
from locust.env import Environment
from locust.rpc import Message
from locust.runners import STATE_MISSING, STATE_RUNNING, WorkerNode, WorkerNodes

from jobload.lifecycle.port.introduction import introduction
from jobload.lifecycle.port.worker_messages import MalformedMessageError
from jobload.lifecycle.port.workers_port import (
    LONGEST_MESSAGE,
    LONGEST_TRACEBACK,
    MOST_EXCEPTIONS,
    SPAWNED,
    WorkersPort,
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


def test_one_that_was_missing_is_back_with_its_heartbeat_and_not_with_late_words_of_its_users() -> (
    None
):
    """Locust would give it no users, and those that it has would be too many."""
    port, handled = WorkersPort(), list[str]()
    clients = WorkerNodes()
    clients["w1"] = WorkerNode("w1", state=STATE_MISSING)
    runner: Any = SimpleNamespace(clients=clients, custom_messages={})
    port._introduce(runner, "w1")

    def hear(kind: str) -> None:
        port._handle(
            runner, lambda _, __, msg: handled.append(msg.type), "w1", Message(kind, {}, "w1")
        )

    for kind in (*SPAWNED, "heartbeat"):
        hear(kind)
    assert handled == ["heartbeat"]
    clients["w1"].state = STATE_RUNNING
    hear("spawning_complete")
    assert handled == ["heartbeat", "spawning_complete"]


@pytest.mark.parametrize("said", [locust.__version__, introduction() + "0", -1])
def test_a_worker_of_plain_locust_or_of_another_jobload_is_not_taken(said: str | int) -> None:
    """The one makes load that nobody leads, the other's counters may stand in another order."""
    handled: list[str] = []
    answered: list[str] = []
    runner: Any = SimpleNamespace(
        clients=WorkerNodes(),
        custom_messages={},
        send_message=lambda kind, client_id: answered.append(f"{client_id}: {kind}"),
    )

    def hear(data: str | int) -> None:
        message = Message("client_ready", data, "w1")
        WorkersPort()._handle(runner, lambda _, __, msg: handled.append(msg.type), "w1", message)

    with pytest.raises(MalformedMessageError, match="the same jobload"):
        hear(said)
    assert answered[0].startswith(f"w1: refused; it is of {said}"[:40])
    hear(introduction())
    assert (handled, len(answered)) == (["client_ready"], 1)
