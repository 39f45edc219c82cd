from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Group

from jobload.lifecycle.leader.quick_quit import quit_after_the_verdict


def _master(done: list[str], workers: list[str]) -> Any:
    return SimpleNamespace(
        clients=SimpleNamespace(all=workers),
        quit=lambda: done.append("waits for what they have to say"),
        stop=lambda send_stop_to_client: done.append("stops"),
        greenlet=Group(),
    )


def _leader(await_end: Callable[[], bool]) -> Any:
    return SimpleNamespace(await_end=await_end)


def test_a_master_waits_for_workers_and_for_nobody_else() -> None:
    done: list[str] = []
    master = _master(done, workers := ["w1"])
    goes_on = master.greenlet.spawn(gevent.sleep, 60)
    quit_after_the_verdict(master, _leader(lambda: True))
    master.quit()
    assert not goes_on.ready()
    workers.clear()
    master.quit()
    assert goes_on.ready()
    assert done == ["waits for what they have to say", "stops"]


def test_who_hears_the_workers_is_not_ended_before_the_verdict() -> None:
    done: list[str] = []
    master, verdict = _master(done, []), Event()

    def await_end() -> bool:
        return gevent.getcurrent() not in master.greenlet and verdict.wait()

    quit_after_the_verdict(master, _leader(await_end))
    last_words: list[str] = []

    def hear() -> None:
        master.quit()
        gevent.sleep(0)
        last_words.append("heard")
        verdict.set()
        gevent.sleep(60)

    hearing = master.greenlet.spawn(hear)
    hearing.join(10)
    assert hearing.ready()
    assert (last_words, done) == (["heard"], ["stops"])
