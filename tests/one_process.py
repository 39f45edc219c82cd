"""One load-generating process without Locust's runner: an agent, its users, and what they send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import gevent
from gevent.pool import Group
from locust.env import Environment

from jobload.load.http.origin import Origin
from jobload.load.process.agent import Agent, attach
from jobload.load.process.assignment import Assignment
from jobload.load.process.process_run import ProcessRun
from jobload.load.process.state import Phase, State
from jobload.load.rows.hand_out import HandOut
from jobload.load.rows.messages import Wanted
from jobload.load.users.job_submitter import JobSubmitter
from jobload.load.users.locust_feed import LocustFeed
from jobload.measure.row_use import SourceFigures
from jobload.measure.snapshot import Snapshot, StageKey
from jobload.measure.stage_record import EndpointRecord, StageRecord
from jobload.plan.flow.row_supply import read_tables
from jobload.plan.scenario import Scenario, load_scenario

PROMPT_S = 5.0


def wait_until(condition: Callable[[], object], within_s: float = PROMPT_S) -> None:
    deadline_s = monotonic() + within_s
    while not condition():
        assert monotonic() < deadline_s, "it has not come to pass in time"
        gevent.sleep(0.002)


def scenario(**fields: Any) -> Scenario:
    """Two stages of a minute each; a thousand arrivals a second and user unless `fields` differ."""
    data: dict[str, Any] = {
        "name": "light",
        "shape": "staged",
        "payload_bytes": 10,
        "stages": [
            {"name": "first", "duration": "1m", "users": 1, "rate": 1000},
            {"name": "second", "duration": "1m", "users": 1, "rate": 1000},
        ],
    }
    return load_scenario({**data, **fields})


def closed(**fields: Any) -> Scenario:
    """Without a rate."""
    stages = [{"name": "first", "duration": "1m", "users": 1}]
    return scenario(**{"stages": stages, **fields})


class OneProcess:
    def __init__(
        self,
        url: str,
        *scenarios: Scenario,
        environ: Mapping[str, str] | None = None,
        worker: str = "w1",
        index: int = 0,
        trace_share: float = 0.0,
    ) -> None:
        self.trace_share = trace_share
        self.sent: list[Snapshot] = []
        self.environment: Any = Environment(events=None)
        self.agent = Agent(
            worker,
            lambda: index,
            self.sent.append,
            LocustFeed(self.environment),
            ask_for_rows=self._hand_rows,
        )
        attach(self.environment, self.agent)
        self.users: list[Any] = []
        self._is_silent = False
        self._group: Any = Group()
        self._seq = 0
        self._origin = Origin.parse(url)
        self._scenarios = scenarios or (scenario(),)
        self.begin("run", environ or {})

    def begin(self, run_id: str, environ: Mapping[str, str] | None = None) -> None:
        self.run_id = run_id
        self.hand_out = HandOut(run_id, self._scenarios, read_tables(self._scenarios))
        outlines = self.hand_out.outlines
        assignment = Assignment(
            run_id,
            self._origin,
            self._scenarios,
            outlines=outlines,
            trace_share=self.trace_share,
        )
        self.agent.begin(assignment, environ or {})

    @property
    def run(self) -> ProcessRun:
        assert self.agent.run is not None
        return self.agent.run

    def _hand_rows(self, wanted: Wanted) -> None:
        if self._is_silent:
            return
        for _, answer in self.hand_out.wanted(self.agent.worker, wanted):
            self.agent.hear_rows(answer)

    def silence_leader(self) -> None:
        """What it is asked about rows it does not answer."""
        self._is_silent = True

    def hear_leader(self) -> None:
        self._is_silent = False

    def rows(self) -> SourceFigures:
        """Of the one source, as the last report tells of them."""
        self.hand_out.told(self.agent.worker, self.sent[-1].rows, self.sent[-1].final)
        (figures,) = self.hand_out.figures()
        return figures

    def word(self, phase: Phase, position: int = 0, stage: int = 0, **more: Any) -> State:
        self._seq += 1
        more = {"elapsed_s": 0.0, "rate_per_user": self._rate_per_user(position, stage)} | more
        return State(self.run_id, self._seq, phase, position, stage, **more)

    def _rate_per_user(self, position: int, stage: int) -> float | None:
        stages = [each.stages() for each in self._scenarios[position : position + 1]]
        return stages[0][stage].rate_per_user if stages and stage < len(stages[0]) else None

    def say(self, phase: Phase, position: int = 0, stage: int = 0, **more: Any) -> State:
        """The master's word, carried out."""
        state = self.word(phase, position, stage, **more)
        self.agent.follow(state)
        gevent.sleep(0)
        return state

    def add(self, user_class: Any = JobSubmitter) -> Any:
        user = user_class(self.environment)
        self.users.append(user)
        user.start(self._group)
        gevent.sleep(0)
        return user

    def record(self, key: StageKey = (0, 0)) -> StageRecord:
        self.agent.tallies.count()
        self.agent.dispatcher.count()
        return self.agent.recorder.stages[key]

    def endpoint(self, label: str = "POST /api/v1/jobs", key: StageKey = (0, 0)) -> EndpointRecord:
        return self.record(key).endpoints[label]

    def step(self, name: str, key: StageKey = (0, 0)) -> EndpointRecord:
        return self.record(key).steps.get(name) or EndpointRecord()

    def succeeded(self, key: StageKey = (0, 0)) -> int:
        return self.record(key).overall().succeeded

    def ended(self, key: StageKey = (0, 0)) -> int:
        whole = self.record(key).overall()
        return whole.succeeded + whole.failed + whole.censored

    @property
    def in_flight(self) -> int:
        self.agent.tallies.count()
        return self.agent.recorder.in_flight

    def close_stage(self) -> None:
        """No more arrivals; what has begun ends as it will."""
        self.agent.dispatcher.soon(self.agent.dispatcher.close)
        gevent.sleep(0)

    def end(self) -> None:
        self.agent.finish(0.0)
        self._group.kill()
        assert_accounted(self.agent.recorder.stages)


def assert_accounted(stages: Mapping[StageKey, StageRecord]) -> None:
    """The identity V9: nothing is lost, nothing is counted twice."""
    for record in stages.values():
        whole = record.overall()
        assert record.offered == record.started + record.missed + record.surplus
        assert record.started == whole.started
        assert whole.started == whole.succeeded + whole.failed + whole.censored
        in_steps = sum(step.attempts for step in record.steps.values())
        if record.flows:
            alone = sum(e.attempts for e in record.endpoints.values())
            assert whole.attempts == in_steps - record.outside + alone
        for requests in (*record.steps.values(), *record.endpoints.values()):
            tries = requests.started + requests.retries + requests.repeats
            ended = requests.succeeded + requests.failed + requests.censored
            assert (requests.attempts, requests.started) == (tries, ended)
            assert sum(requests.errors.counts.values()) == requests.failed
        assert whole.response_time.count == whole.service_time.count == whole.succeeded
        assert sum(whole.errors.counts.values()) == whole.failed
