"""A master quits when the verdict stands, and at once if it has no worker left.

Locust 2.47 waits half a second for what workers still have to say (`runners.py`,
`MasterRunner.quit`), and quits up to four times: when its shape ends, when the last worker has
gone, and twice on its way out. The second of these is in the greenlet that hears the workers, and
ends it: of one that left before, and still ends what is in flight, no last word would be heard.
"""

from __future__ import annotations

import gevent
from locust.runners import MasterRunner

from jobload.lifecycle.leader.leader import Leader


def quit_after_the_verdict(runner: MasterRunner, leader: Leader) -> None:
    plain = runner.quit

    def quit_() -> None:
        if not leader.await_end():
            gevent.spawn(quit_)
        elif runner.clients.all:
            plain()
        else:
            runner.stop(send_stop_to_client=False)
            runner.greenlet.kill(block=True)

    runner.quit = quit_  # type: ignore[method-assign]  # in place of Locust's
