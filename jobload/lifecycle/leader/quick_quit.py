"""A master that has no worker left quits at once.

Locust 2.47 waits half a second for what workers still have to say (`runners.py`,
`MasterRunner.quit`), and quits up to four times: when its shape ends, when the last worker has
gone, and twice on its way out.
"""

from __future__ import annotations

from locust.runners import MasterRunner


def wait_for_workers_only(runner: MasterRunner) -> None:
    plain = runner.quit

    def quit_() -> None:
        if runner.clients.all:
            plain()
        else:
            runner.stop(send_stop_to_client=False)
            runner.greenlet.kill(block=True)

    runner.quit = quit_  # type: ignore[method-assign]  # in place of Locust's
