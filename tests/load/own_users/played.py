"""One process with users of somebody's own, against a server that notes what comes."""

from __future__ import annotations

import gc
import warnings

import gevent
from locust import User
from one_process import OneProcess, scenario, wait_until
from scripted_api import Answer, Request, ScriptedApi

from jobload.load.own_users.locust_hooks import hook_into_locust
from jobload.measure.stage_record import StageRecord
from jobload.plan.scenario import Scenario

hook_into_locust()
SLOWLY = scenario(stages=[{"name": "first", "duration": "1m", "users": 1, "rate": 50}])


def answer(request: Request) -> Answer:
    """/slow takes 50 ms, /404 is not there."""
    if request.path == "/slow":
        gevent.sleep(0.05)
    return (404, b"") if request.path == "/404" else (200, b'{"message": "Welcome"}')


class Played:
    """One process with users of one class against a server that notes what comes."""

    def __init__(self, plan: Scenario) -> None:
        gc.freeze()  # what is there already: to look through it at the end takes 30 ms
        self.api = ScriptedApi(script=answer)
        self.process = OneProcess(self.api.url, plan)
        self.process.agent.requests.listen(self.process.environment)

    def play(self, user_class: type[User], users: int = 1, until: int = 5) -> StageRecord:
        """Until so many operations have ended, and all that has begun has, too."""
        user_class.host = self.api.url
        self.process.say("load")
        for _ in range(users):
            self.process.add(user_class)
        wait_until(lambda: self.process.ended() >= until)
        self.process.agent.finish(2.0)
        return self.record

    @property
    def record(self) -> StageRecord:
        return self.process.record()

    def asked(self, place: str) -> int:
        return sum(f"{r.method} {r.path}" == place for r in self.api.requests)

    def end(self) -> None:
        self.process.end()
        self.api.close()
        with warnings.catch_warnings():
            # Locust leaves the connections of its users to the garbage collector.
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
