"""Keeps Locust's decisions off the wall clock, which may be stepped at any time.

Locust 2.47 asks `time.time()` how long a tick of the shape took and sleeps for what is left of a
second (`runners.py`, `Runner.shape_worker`), which of two spawn messages is the newer
(`MasterRunner.start`, `WorkerRunner.handle_message`), for how long the master has been silent
(`WorkerRunner.heartbeat_timeout_checker`), and how long to wait for forked workers (`main.py`,
`kill_workers`). A step back of an hour makes the first an hour's sleep and ends all ramps of
workers; one forwards ends the workers. Drop this when Locust takes a monotonic clock there.
"""

from __future__ import annotations

import time

from locust import main, runners

from jobload.lifecycle.shown_module import show


def keep_locust_off_the_wall_clock() -> None:
    """It still reads as the time of day, for those who show it."""
    began_s = time.time() - time.perf_counter()
    for module in (main, runners):
        show(module, "time", time=lambda: began_s + time.perf_counter())
