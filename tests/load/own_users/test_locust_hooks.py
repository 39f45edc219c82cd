from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from locust import TaskSet, User
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession

from jobload.load.own_users import locust_hooks
from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.load.trace.locust_clients import trace_clients_of_locust

SEND = "_send_request_safe_mode"
HOOKED: list[tuple[Callable[[], None], list[tuple[type, str]]]] = [
    (hook_into_locust, [(User, "start"), (User, "stop"), (TaskSet, "wait")]),
    (trace_clients_of_locust, [(HttpSession, SEND), (FastHttpSession, SEND)]),
]


@pytest.mark.parametrize(("hook", "places"), HOOKED, ids=["users", "clients"])
def test_what_somebody_has_wrapped_is_hooked_into_all_the_same(
    hook: Any, places: list[tuple[type, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locust_hooks, "tell_of_caught_replies", lambda: None)
    monkeypatch.setattr(TaskSet, "execute_next_task", TaskSet.execute_next_task)
    for owner, name in places:
        monkeypatch.setattr(owner, name, wrapped(getattr(owner, name)))
    theirs = [getattr(owner, name) for owner, name in places]
    hook.__wrapped__()
    ours = [getattr(owner, name) for owner, name in places]
    assert [each.__wrapped__ for each in ours] == theirs


def wrapped(plain: Any) -> Any:
    @wraps(plain)
    def theirs(*arguments: Any, **options: Any) -> Any:
        return plain(*arguments, **options)

    return theirs
