"""What a seed decides: who takes part, what runs, and what goes wrong."""

from __future__ import annotations

from math import ceil
from random import Random
from typing import Any

from jobload.plan.scenario import Scenario, load_scenario
from verify.simulate.case import Case, Event
from verify.simulate.misfortunes import (
    LOAD_BEGINS_S,
    Misfortunes,
    all_told_to_end,
    standing_still,
)
from verify.simulate.target import Behaviour
from verify.simulate.transport import Trouble

LIMIT_MS = 100.0
TOLD_TO_END, STANDS_STILL = 0.08, 0.05
"""In so many cases everybody is, or the target does for a whole stage, and little else happens."""


def draw(seed: int) -> Case:
    case, random = _Draw(seed).case(), Random(f"known ills {seed}")
    kind = random.random()
    if kind < TOLD_TO_END and case.workers > 1 and not case.late:
        return all_told_to_end(case, random)
    return standing_still(case, random) if kind > 1.0 - STANDS_STILL else case


class _Draw:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(f"case {seed}")
        self.wrong = Misfortunes(self.random)
        self.is_closed = self.chance(0.15)
        self.usual_s = self.random.choice([0.001, 0.004, 0.012, 0.03])

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def case(self) -> Case:
        random = self.random
        workers = 0 if self.chance(0.15) else random.choice([1, 2, 2, 3, 3, 4, 5, 8])
        names = [f"w{n}" for n in range(1, workers + 1)] or ["local"]
        scenarios = [self.scenario(0)]
        if scenarios[0].total_s < 7 and self.chance(0.5):
            scenarios.append(self.scenario(1))
        load_s = sum(s.total_s for s in scenarios)
        late = 1 if workers > 1 and self.chance(0.12) else 0
        joins = {name: random.uniform(0.0, 0.5) for name in names}
        for name in names[workers - late :] if late else ():
            joins[name] = LOAD_BEGINS_S + random.uniform(0.2, load_s - 1.0)
        behaviours: list[Behaviour] = []
        troubles: list[Trouble] = []
        events: list[Event] = []
        for _ in range(random.choice([0, 1, 1, 1, 1, 2, 2, 3])):
            what = random.choice(["target", "network", "network", "host", "host", "clock"])
            at_s = random.uniform(0.2, LOAD_BEGINS_S + load_s + 1.0)
            match what:
                case "target":
                    behaviours.append(self.wrong.behaviour(at_s))
                case "network" if workers:
                    troubles.append(self.wrong.trouble(at_s, random.choice([*names, None])))
                case "host":
                    events += self.wrong.events(at_s, names, bool(workers))
                case "clock":
                    host = random.choice([*names, *(["master"] if workers else [])])
                    much = random.choice([-3600.0, -41.0, -5.0, -0.3, 0.3, 5.0, 3600.0])
                    events.append(Event("step", host, at_s, much))
        if workers and self.chance(0.15):
            troubles, events, behaviours = [self.wrong.known_ill(names, load_s)], [], []
        drifts = {}
        if self.chance(0.4):
            drifts = {n: random.uniform(-1e-4, 1e-4) for n in [*names, "master"]}
        return Case(
            seed=self.seed,
            workers=workers,
            late=late,
            scenarios=tuple(scenarios),
            checks={s.name: self.checks(s) for s in scenarios},
            usual_s=self.usual_s,
            connecting_s=random.choice([0.0, 0.0005, 0.002]),
            behaviours=tuple(behaviours),
            troubles=tuple(troubles),
            events=tuple(sorted(events, key=lambda event: event.at_s)),
            joins_s=joins,
            drifts=drifts,
        )

    # --- what runs --------------------------------------------------------------------------

    def scenario(self, number: int) -> Scenario:
        random = self.random
        shape = random.choice(
            ["ramp", "ramp", "spike", "endurance", "step_stress", "staged", "adhoc", "capacity"]
        )
        if shape == "capacity" and self.is_closed:
            shape = "ramp"
        rate = random.choice([20, 40, 60, 90])
        users = random.randint(4, 12) + 3 * ceil(rate * self.usual_s)  # enough of them, always
        if self.is_closed:
            users = random.randint(1, 4)
        fields = getattr(self, f"_{shape}")(users, rate)
        if self.is_closed:
            fields = _without_rates(fields)
        arrivals = random.choice(["even", "even", "poisson"])
        timeout = random.choice(["1s", "2s", "5s"])
        retries = random.choice([0, 0, 1, 2])
        if shape == "capacity":
            arrivals, timeout, retries = "even", "1s", 0
        return load_scenario(
            {"name": f"s{number}", "shape": shape, "payload_bytes": 10, "timeout": timeout}
            | {"retries": retries, "arrivals": arrivals, "seed": self.seed, **fields}
        )

    def _s(self, low: float, high: float) -> str:
        whole = self.chance(0.5)
        seconds = self.random.uniform(low, high)
        return f"{round(seconds) if whole and high > 1 else round(seconds, 2):g}s"

    def _ramp(self, users: int, rate: float) -> dict[str, Any]:
        up = self._s(0.5, 2.4) if self.chance(0.7) else "0s"
        return {"users": users, "rate": rate, "ramp_up": up, "duration": self._s(4.0, 9.0)}

    _endurance = _ramp

    def _spike(self, users: int, rate: float) -> dict[str, Any]:
        calm = {"users": max(1, users // 3), "rate": rate / 3, "duration": self._s(2.0, 3.0)}
        return {
            "users": users, "rate": rate, "duration": "9s", "baseline": calm,
            "ramp_up": "1s", "recovery": self._s(2.0, 3.0),
        }  # fmt: skip

    def _step_stress(self, users: int, rate: float) -> dict[str, Any]:
        levels = [max(1, users // 2), users + 1, users + 4]
        return {
            "users": levels, "rate_per_user": rate / users, "step": self._s(2.0, 3.0),
            "ramp_up": "1s",
        }  # fmt: skip

    def _staged(self, users: int, rate: float) -> dict[str, Any]:
        stages: list[dict[str, Any]] = [
            {"name": "a", "duration": self._s(1.0, 3.0), "users": users, "rate": rate / 2},
            {"name": "b", "duration": self._s(2.0, 4.0), "users": users, "rate": rate},
        ]
        if self.chance(0.5):
            down = {"name": "c", "duration": "2s", "users": 1, "users_from": users, "rate": rate}
            stages.append(down)
        return {"stages": stages}

    def _adhoc(self, users: int, rate: float) -> dict[str, Any]:
        return {"users": users, "spawn_rate": users, "rate": rate, "duration": self._s(4.0, 8.0)}

    def _capacity(self, users: int, rate: float) -> dict[str, Any]:
        return {
            "users": users, "start_rate": 40, "max_rate": 80, "step": "4s", "settle": "1s",
            "precision": "50%", "hold": "4s",
        }  # fmt: skip

    def checks(self, scenario: Scenario) -> list[dict[str, Any]]:
        wants = [{"metric": "p90", "expect": f"<= {LIMIT_MS:g}ms"}]
        if scenario.shape == "capacity":
            wants = [{"metric": "p50", "expect": f"<= {LIMIT_MS:g}ms"}]
        wants.append({"metric": "error_rate", "expect": "<= 1%"})
        if scenario.shape == "ramp" and self.chance(0.3):
            aborting: dict[str, Any] = {"metric": "error_rate", "expect": "<= 30%", "abort": True}
            wants.append({**aborting, "for": "1s", "window": "1s"})
        return wants


def _without_rates(fields: Any) -> Any:
    if isinstance(fields, dict):
        return {
            k: _without_rates(v) for k, v in fields.items() if k not in ("rate", "rate_per_user")
        }
    return [_without_rates(each) for each in fields] if isinstance(fields, list) else fields
