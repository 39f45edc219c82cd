from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
from gevent.pool import Group

from jobload.lifecycle.leader.quick_quit import wait_for_workers_only


def test_a_master_waits_for_workers_and_for_nobody_else() -> None:
    done: list[str] = []
    workers = ["w1"]
    master: Any = SimpleNamespace(
        clients=SimpleNamespace(all=workers),
        quit=lambda: done.append("waits for what they have to say"),
        stop=lambda send_stop_to_client: done.append("stops"),
        greenlet=Group(),
    )
    goes_on = master.greenlet.spawn(gevent.sleep, 60)
    wait_for_workers_only(master)
    master.quit()
    assert not goes_on.ready()
    workers.clear()
    master.quit()
    assert goes_on.ready()
    assert done == ["waits for what they have to say", "stops"]
