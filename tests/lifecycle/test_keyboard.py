"""Keys in the terminal of the web UI start and stop no users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from locust import input_events, main

from jobload.lifecycle.keyboard import keep_keys_off_the_users


class Typed:
    """A terminal at which somebody has pressed these keys, and then hung up."""

    def __init__(self, keys: str) -> None:
        self._keys = iter(keys)

    def poll(self) -> str:
        if (key := next(self._keys, None)) is None:
            raise EOFError
        return key

    def cleanup(self) -> None:
        pass


def test_those_of_users_say_so_and_all_others_are_locusts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    keys: dict[str, Callable[[], Any]] = {
        key: lambda key=key: done.append(key)  # type: ignore[misc]  # as Locust writes them
        for key in "wWsS\n"
    }
    monkeypatch.setattr(input_events, "get_poller", lambda: Typed("wWsS\n"))
    monkeypatch.setattr(main, "input_listener", input_events.input_listener)
    keep_keys_off_the_users()
    vars(main)["input_listener"](keys)()
    assert done == ["\n"]
    assert caplog.text.count("the plan's affair") == 4
