"""Users of somebody's own, written in all of Locust's ways: what is an operation, what a step."""

from __future__ import annotations

import gc
from contextlib import suppress
from time import perf_counter
from types import SimpleNamespace
from typing import Any
from unittest import mock
from weakref import ReferenceType, ref

import gevent
import pytest
from gevent import monkey
from gevent.pool import Pool
from locust import (
    FastHttpUser,
    HttpUser,
    MarkovTaskSet,
    SequentialTaskSet,
    TaskSet,
    User,
    constant,
    events,
    task,
    transition,
)
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser
from locust.user.users import PytestUser
from one_process import assert_accounted, wait_until

from jobload.load.own_users.known_names import MOST_NAMES, OTHER_NAMES
from jobload.load.own_users.own_operation import MOST_CAUGHT
from jobload.load.process.standstills import Standstills
from jobload.measure.bounds import Bounds
from jobload.measure.stage_record import EndpointRecord, StageRecord

from .played import Played

pytestmark = pytest.mark.waits
stand_still = monkey.get_original("time", "sleep")


def steps(record: StageRecord) -> dict[str, int]:
    return {name: step.finished for name, step in record.steps.items()}


def operations(record: StageRecord) -> dict[str, EndpointRecord]:
    return record.flows


class Browser(HttpUser):
    wait_time = constant(0.01)

    @task
    def look(self) -> None:
        self.client.get("/a")
        self.client.get("/b/17", name="/b/[id]")


def test_a_task_is_an_operation_and_each_request_a_step(looped: Played) -> None:
    record = looped.play(Browser)
    (name,) = operations(record)
    assert name == "Browser.look"
    count = operations(record)[name].succeeded
    assert steps(record) == {"GET /a": count, "GET /b/[id]": count}
    assert (looped.asked("GET /a"), looped.asked("GET /b/17")) == (count, count)


def test_its_time_spans_the_task_and_a_step_has_that_of_its_event(looped: Played) -> None:
    class Slow(HttpUser):
        @task
        def look(self) -> None:
            self.client.get("/slow")
            gevent.sleep(0.03)

    record = looped.play(Slow)
    assert record.steps["GET /slow"].response_time.min_us >= 50_000
    assert record.flows["Slow.look"].response_time.min_us >= 80_000
    assert record.unstamped == record.steps["GET /slow"].finished


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_a_failed_request_makes_its_operation_fail(looped: Played, base: Any) -> None:
    class Lost(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        @task
        def look(self) -> None:
            self.client.get("/404")
            self.client.get("/a")

    record = looped.play(Lost)
    assert record.flows["Lost.look"].failed == record.flows["Lost.look"].started
    assert set(record.flows["Lost.look"].errors.counts) == {"http-404"}
    assert record.steps["GET /404"].failed == looped.asked("GET /404")
    assert record.steps["GET /a"].succeeded == looped.asked("GET /a")


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_catch_response_decides_what_is_a_failure(looped: Played, base: Any) -> None:
    class Judge(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        @task
        def look(self) -> None:
            with self.client.get("/404", catch_response=True) as reply:
                reply.success()

        @task
        def doubt(self) -> None:
            with self.client.get("/a", catch_response=True) as reply:
                reply.failure("not what it should be")

    record = looped.play(Judge, until=20)
    assert record.flows["Judge.look"].failed == 0 == record.steps["GET /404"].failed
    doubtful = record.flows["Judge.doubt"]
    assert doubtful.failed == doubtful.started == record.steps["GET /a"].failed
    assert doubtful.errors.counts == {"unexpected-reply": doubtful.failed}
    assert doubtful.errors.examples == {"unexpected-reply": "not what it should be"}


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
@pytest.mark.parametrize("end", [RescheduleTask, RescheduleTaskImmediately, StopIteration, None])
def test_a_reply_that_an_exception_takes_out_of_its_block_counts_by_its_status(
    looped: Played, base: Any, end: Any
) -> None:
    """Locust tells nobody of such a request; the exception may end the task, or be caught there."""

    class Hasty(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        wait_time = constant(0.01)

        @task
        def look(self) -> None:
            with suppress(StopIteration, ValueError, AssertionError):
                for path in ("/a", "/404"):
                    with self.client.get(path, catch_response=True) as reply:
                        if end is None:
                            assert reply.status_code == 200
                        elif reply.status_code != 200:
                            raise end

    record = looped.play(Hasty)
    assert record.steps["GET /a"].succeeded == looped.asked("GET /a") > 0
    assert record.steps["GET /404"].failed == looped.asked("GET /404") > 0
    assert record.flows["Hasty.look"].failed == record.flows["Hasty.look"].started
    assert set(record.flows["Hasty.look"].errors.counts) == {"http-404"}


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_a_reply_that_is_caught_for_no_block_counts_by_its_status(
    looped: Played, base: Any
) -> None:
    class Forgetful(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        wait_time = constant(0.01)

        @task
        def look(self) -> None:
            for _ in range(MOST_CAUGHT + 1):
                self.client.get("/a", catch_response=True)
            with self.client.get("/b", catch_response=True) as reply:
                reply.success()
            if self.client.get("/404", catch_response=True).status_code != 200:
                raise RescheduleTask

    record = looped.play(Forgetful, until=2)
    for path in ("/a", "/b"):
        step = record.steps[f"GET {path}"]
        assert (step.failed, step.succeeded) == (0, looped.asked(f"GET {path}"))
    assert record.steps["GET /404"].failed == looped.asked("GET /404") > 0
    assert record.flows["Forgetful.look"].failed == record.flows["Forgetful.look"].started


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_a_caught_reply_outside_of_any_task_counts_as_well(looped: Played, base: Any) -> None:
    class Refused(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        def on_start(self) -> None:
            with suppress(ValueError), self.client.get("/404", catch_response=True):
                raise ValueError
            self.client.get("/b", catch_response=True)

        def on_stop(self) -> None:
            self.client.get("/bye", catch_response=True)

        @task
        def look(self) -> None:
            self.client.get("/a")

    record = looped.play(Refused, users=3)
    wait_until(lambda: record.steps.get("GET /bye") is not None)
    assert record.steps["GET /404"].failed == 3
    assert (steps(record)["GET /b"], steps(record)["GET /bye"]) == (3, 3)


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
@pytest.mark.parametrize(
    "limit", [(0.01, False), (0.01, ValueError), None], ids=["silent", "raising", "killed"]
)
def test_a_request_that_its_task_cuts_off_has_failed(looped: Played, base: Any, limit: Any) -> None:
    """Locust tells nobody of it."""

    class Impatient(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        wait_time = constant(0.01)

        @task
        def look(self) -> None:
            self.client.get("/a")
            if limit is None:
                asking = gevent.spawn(self.client.get, "/slow")
                asking.join(0.01)
                asking.kill()
            else:
                with suppress(ValueError), gevent.Timeout(*limit):
                    self.client.get("/slow")

    record = looped.play(Impatient)
    slow = record.steps["GET /slow"]
    assert slow.failed == slow.finished == record.flows["Impatient.look"].failed > 0
    assert slow.finished == looped.asked("GET /slow")
    assert record.flows["Impatient.look"].started == record.flows["Impatient.look"].failed
    assert record.steps["GET /a"].succeeded == looped.asked("GET /a")
    assert record.outside == 0


@pytest.mark.parametrize(
    ("limit", "failed"),
    [((0.001, False), {"timeout"}), ((1.0, False), set())],
    ids=["cut off", "in time"],
)
def test_what_a_task_cuts_off_of_its_own_client_has_failed(
    looped: Played, limit: Any, failed: set[str]
) -> None:
    """`measure` would tell of it as a good one."""

    class Measuring(User):
        wait_time = constant(0.01)

        @task
        def look(self) -> None:
            measured = self.environment.events.request.measure("X", "y")
            with gevent.Timeout(*limit), measured:
                gevent.sleep(0.01)

    record = looped.play(Measuring)
    assert set(record.steps["X y"].errors.counts) == failed
    assert set(record.flows["Measuring.look"].errors.counts) == failed


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_a_request_that_ends_with_its_user_has_not_failed(looped: Played, base: Any) -> None:
    class Cut(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        def on_start(self) -> None:
            self.waiting = gevent.spawn(self.client.get, "/slow")

        def on_stop(self) -> None:
            self.waiting.kill()

        @task
        def look(self) -> None:
            self.client.get("/slow")

    Cut.host = looped.api.url
    looped.process.say("load")
    looped.process.add(Cut)
    wait_until(lambda: looped.asked("GET /slow") == 2)
    looped.process.agent.finish(0.001)
    assert (looped.record.flows["Cut.look"].censored, looped.record.steps) == (1, {})


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_a_request_whose_listener_ends_the_task_is_told_of_once(looped: Played, base: Any) -> None:
    class Heard(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        wait_time = constant(0.01)

        @task
        def look(self) -> None:
            self.client.get("/a")

    def listen(**_: object) -> None:
        raise RescheduleTask

    looped.process.environment.events.request.add_listener(listen)
    record = looped.play(Heard)
    assert steps(record) == {"GET /a": looped.asked("GET /a")}
    assert record.steps["GET /a"].failed == 0


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_rest_and_its_assertions(looped: Played, base: Any) -> None:
    class Rest(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        @task
        def look(self) -> None:
            with self.rest("POST", "/a", json={"n": 1}) as reply:
                assert reply.js["message"] == "Farewell", "no farewell"

    record = looped.play(Rest)
    example = record.flows["Rest.look"].errors.examples["unexpected-reply"]
    assert example.startswith("no farewell")


@pytest.mark.parametrize("base", [HttpUser, FastHttpUser])
def test_requests_under_one_name(looped: Played, base: Any) -> None:
    class Renaming(base):  # type: ignore[misc]  # mypy knows no base that is an argument
        @task
        def look(self) -> None:
            with self.client.rename_request("/item"):
                self.client.get("/item/1")
                self.client.get("/item/2")
            self.client.request_name = "all"
            self.client.get("/a")
            self.client.request_name = None

    record = looped.play(Renaming)
    count = record.flows["Renaming.look"].succeeded
    assert steps(record) == {"GET /item": 2 * count, "GET all": count}


def test_a_task_that_raises_has_failed_and_is_no_crash(looped: Played) -> None:
    class Broken(HttpUser):
        @task
        def look(self) -> None:
            self.client.get("/a")
            raise KeyError("token")

    crashes: list[object] = []
    looped.process.environment.events.user_error.add_listener(lambda **told: crashes.append(told))
    record = looped.play(Broken)
    assert set(record.flows["Broken.look"].errors.counts) == {"exception-KeyError"}
    assert record.steps["GET /a"].failed == 0
    assert crashes, "Locust tells others of it as ever"


def test_a_task_without_a_request_is_an_operation_without_one(looped: Played) -> None:
    class Idle(User):
        wait_time = constant(0.01)

        @task
        def think(self) -> None:
            gevent.sleep(0.01)

    record = looped.play(Idle)
    assert record.without_request == record.flows["Idle.think"].succeeded > 0
    assert record.steps == {}


def test_requests_outside_of_any_task_belong_to_no_operation(looped: Played) -> None:
    class Polite(HttpUser):
        wait_time = constant(0.01)

        def on_start(self) -> None:
            self.client.post("/login")
            self._listening = gevent.spawn(self._listen)

        def _listen(self) -> None:
            while True:
                gevent.sleep(0.01)
                self.client.get("/404", name="background")

        @task
        def look(self) -> None:
            self.client.get("/a")

        def on_stop(self) -> None:
            self._listening.kill()  # or it would keep the processor busy beside all other tests
            self.client.post("/logout")

    record = looped.play(Polite, users=3, until=30)
    counted = steps(record)
    assert (counted["POST /login"], counted["POST /logout"]) == (3, 3)
    assert record.steps["GET background"].failed == counted["GET background"] > 0
    assert record.flows["Polite.look"].failed == 0
    assert counted["GET /a"] == record.flows["Polite.look"].started


def test_greenlets_that_a_task_starts_make_requests_of_its_operation(looped: Played) -> None:
    class Pooling(HttpUser):
        @task
        def look(self) -> None:
            pool = Pool()
            for path in ("/a", "/b", "/404"):
                pool.spawn(self.client.get, path)
            pool.join()

    record = looped.play(Pooling)
    pooling = record.flows["Pooling.look"]
    assert pooling.errors.counts == {"http-404": pooling.started}
    assert steps(record) == dict.fromkeys(("GET /a", "GET /b", "GET /404"), pooling.started)
    assert record.without_request == 0


def test_a_greenlet_that_outlives_its_task_is_outside_of_any(looped: Played) -> None:
    class Leaving(HttpUser):
        wait_time = constant(0.1)

        @task
        def look(self) -> None:
            gevent.spawn_later(0.02, self.client.get, "/404")

    record = looped.play(Leaving, until=3)
    assert record.flows["Leaving.look"].failed == 0
    assert record.steps["GET /404"].failed >= 2


def test_nested_task_sets_keep_their_order_and_their_ends(looped: Played) -> None:
    class Shop(HttpUser):
        @task
        class Visit(SequentialTaskSet):
            def on_start(self) -> None:
                self.client.get("/enter")

            @task
            def first(self) -> None:
                self.client.get("/1")

            @task
            class Inner(TaskSet):
                @task
                def second(self) -> None:
                    self.client.get("/2")
                    self.interrupt(reschedule=False)  # type: ignore[no-untyped-call]  # Locust has no types there

            @task
            def third(self) -> None:
                self.client.get("/3")
                self.interrupt()  # type: ignore[no-untyped-call]  # Locust has no types there

            def on_stop(self) -> None:
                self.client.get("/leave")

    record = looped.play(Shop, until=9)
    assert looped.api.paths[:5] == ["/enter", "/1", "/2", "/3", "/leave"]
    assert set(record.flows) == {"Visit.first", "Inner.second", "Visit.third"}
    assert all(each.failed == 0 for each in record.flows.values())


def test_a_task_set_that_a_task_runs_by_itself_is_a_part_of_that(paced: Played) -> None:
    """It waits for no arrival of its own, which would be in the response time of the task."""

    class Visit(TaskSet):
        @task
        def look(self) -> None:
            self.client.get("/within")
            self.interrupt()  # type: ignore[no-untyped-call]  # Locust has no types there

    class Visitor(HttpUser):
        @task
        def visit(self) -> None:
            self.client.get("/before")
            with suppress(RescheduleTaskImmediately):
                Visit(self).run()  # type: ignore[no-untyped-call]  # Locust has no types there
            self.client.get("/after")

    record = paced.play(Visitor, until=3)
    count = record.flows["Visitor.visit"].succeeded
    assert [*record.flows] == ["Visitor.visit"]
    assert steps(record) == {"GET /before": count, "GET /within": count, "GET /after": count}


def test_what_is_raised_in_a_task_set_that_a_task_runs_fails_that(paced: Played) -> None:
    """Locust catches it in there, so that the task never hears of it."""

    class Visit(TaskSet):
        wait_time = constant(0.001)
        looks = 0

        @task
        def look(self) -> None:
            self.looks += 1
            if self.looks == 1:
                raise KeyError("basket")
            self.interrupt()  # type: ignore[no-untyped-call]  # Locust has no types there

    class Visitor(HttpUser):
        @task
        def visit(self) -> None:
            with suppress(RescheduleTaskImmediately):
                Visit(self).run()  # type: ignore[no-untyped-call]  # Locust has no types there

    visits = paced.play(Visitor, until=3).flows["Visitor.visit"]
    assert visits.succeeded == 0
    assert visits.errors.counts == {"exception-KeyError": visits.failed}


def test_a_task_set_in_a_greenlet_beside_the_tasks_takes_arrivals_as_they_do(paced: Played) -> None:
    """Not once for each arrival that another greenlet of its user has."""

    class Beside(TaskSet):
        @task
        def poll(self) -> None:
            self.client.get("/poll")
            gevent.sleep(0.01)

    class Shopper(HttpUser):
        def on_start(self) -> None:
            gevent.spawn_later(0.05, Beside(self).run)

        @task
        def buy(self) -> None:
            self.client.get("/buy")
            gevent.sleep(0.05)

    record = paced.play(Shopper, until=50)
    started = {name: each.started for name, each in record.flows.items()}
    assert paced.asked("GET /poll") == started["Beside.poll"]
    assert paced.asked("GET /buy") == started["Shopper.buy"]


def test_a_task_set_that_was_left_is_kept_nowhere(looped: Played) -> None:
    walks: list[ReferenceType[MarkovTaskSet]] = []

    class Walker(HttpUser):
        wait_time = constant(0.001)

        @task
        class Walk(MarkovTaskSet):
            def on_start(self) -> None:
                walks.append(ref(self))

            @transition("rest")
            def step(self) -> None:
                self.client.get("/step")

            @transition("step")
            def rest(self) -> None:
                self.interrupt()  # type: ignore[no-untyped-call]  # Locust has no types there

    record = looped.play(Walker, until=9)
    assert set(record.flows) == {"Walk.step", "Walk.rest"}
    gc.collect()
    assert len(walks) > 3
    assert [walk for walk in walks[:-1] if walk() is not None] == []


def test_what_a_task_raises_to_say_what_comes_next_is_no_failure(looped: Played) -> None:
    class Deciding(HttpUser):
        rounds = 0

        @task
        def look(self) -> None:
            self.client.get("/a")
            self.rounds += 1
            if self.rounds == 5:
                raise StopUser
            raise RescheduleTask

    record = looped.play(Deciding, until=5)
    looking = record.flows["Deciding.look"]
    assert (looking.succeeded, looking.failed, looking.censored) == (5, 0, 0)


@pytest.mark.parametrize(
    ("ending", "failed", "said"),
    [
        (StopUser(), 0, []),
        (gevent.Timeout(1), 1, ["Leaving: Timeout: 1 second"]),
        (SystemExit(2), 1, ["Leaving: SystemExit: 2"]),
    ],
    ids=lambda given: type(given).__name__,
)
def test_a_user_that_ends_itself_is_missed(
    looped: Played, ending: BaseException, failed: int, said: list[str]
) -> None:
    class Leaving(User):
        wait_time = constant(0.01)

        @task
        def look(self) -> None:
            self.environment.events.request.fire(
                request_type="X", name="y", response_time=1, response_length=0, exception=None
            )
            raise ending

    with mock.patch.object(gevent.get_hub(), "handle_error"):
        record = looped.play(Leaving, users=2, until=2)
    assert record.users_left == 2
    assert looped.process.sent[-1].crashes == said
    look = record.flows["Leaving.look"]
    assert (look.started, look.failed, look.censored) == (2, 2 * failed, 0)


@pytest.mark.parametrize("base", [TaskSet, SequentialTaskSet, None])
def test_a_user_that_stops_itself_is_missed(looped: Played, base: Any) -> None:
    def look(holder: Any) -> None:
        holder.client.get("/a")
        getattr(holder, "user", holder).stop()

    class Stopping(HttpUser):
        wait_time = constant(0.01)
        tasks = [look] if base is None else [type("Looking", (base,), {"tasks": [look]})]

    record = looped.play(Stopping, users=2, until=2)
    assert (record.started, record.users_left) == (2, 2)


def test_a_user_that_never_comes_to_an_operation_does_not_fail_as_often_as_it_can(
    paced: Played,
) -> None:
    class Idle(User):
        """Without tasks Locust raises, logs that and goes on."""

    failures: list[object] = []
    paced.process.environment.events.user_error.add_listener(lambda **told: failures.append(told))
    Idle.host = paced.api.url
    paced.process.say("load")
    paced.process.add(Idle)
    wait_until(lambda: failures)
    gevent.sleep(0.5)
    assert len(failures) < 20


def test_what_a_user_raises_when_it_is_stopped_is_told(looped: Played) -> None:
    class Sulking(Browser):
        def on_stop(self) -> None:
            raise ValueError("not yet")

    with mock.patch.object(gevent.get_hub(), "handle_error"):
        assert looped.play(Sulking).users_left == 0
    assert looped.process.sent[-1].crashes == ["Sulking: ValueError: not yet"]


def test_users_that_are_stopped_have_not_left(looped: Played) -> None:
    assert looped.play(Browser, users=3).users_left == 0


def test_a_user_that_wakes_as_it_is_stopped_begins_nothing_more(looped: Played) -> None:
    """After a pause both are due in one turn of the event loop, and the kill comes in the next."""

    class Waiting(HttpUser):
        wait_time = constant(0.05)

        @task
        def look(self) -> None:
            self.client.get("/slow")

        def on_stop(self) -> None:
            self.client.get("/slow", name="/leave")

    Waiting.host = looped.api.url
    looped.process.say("load")
    user = looped.process.add(Waiting)
    wait_until(lambda: looped.process.ended() == 1)
    gevent.spawn_later(0, user.stop)
    stand_still(0.1)
    wait_until(lambda: user.greenlet.dead)
    looking = looped.record.flows["Waiting.look"]
    assert (looking.started, looking.censored) == (1, 0)
    looped.process.agent.finish(2.0)
    assert steps(looped.record) == {"GET /slow": 1, "GET /leave": 1}


@pytest.mark.parametrize("stopped_after_s", [0.0, 0.1], ids=["before it", "in it"])
def test_a_user_that_is_stopped_ends_its_task_even_if_that_waits(
    looped: Played, stopped_after_s: float
) -> None:
    """Locust would leave the task there, and so half an operation."""

    class Thinking(HttpUser):
        wait_time = constant(0.1)

        @task
        def look(self) -> None:
            self.client.get("/slow")
            self.wait()  # type: ignore[no-untyped-call]  # Locust has no types there
            self.client.get("/a")

    Thinking.host = looped.api.url
    looped.process.say("load")
    user = looped.process.add(Thinking)
    wait_until(lambda: looped.asked("GET /slow"))
    gevent.sleep(stopped_after_s)
    gevent.spawn(user.stop)
    wait_until(lambda: user.greenlet.dead)
    looked = looped.record.flows["Thinking.look"]
    assert (looked.started, looked.succeeded) == (1, 1)
    looped.process.agent.finish(2.0)
    assert steps(looped.record) == {"GET /slow": 1, "GET /a": 1}


@pytest.mark.parametrize("mode", ["looped", "paced"])
def test_a_user_that_is_stopped_waits_in_its_on_stop_and_runs_tasks_there(
    mode: str, request: pytest.FixtureRequest
) -> None:
    class Parting(SequentialTaskSet):
        @task
        def log_out(self) -> None:
            self.client.get("/logout")
            raise InterruptTaskSet

    class Polite(Browser):
        def on_stop(self) -> None:
            self.wait()  # type: ignore[no-untyped-call]  # Locust has no types there
            self.client.get("/basket")
            with suppress(RescheduleTaskImmediately):
                Parting(self).run()  # type: ignore[no-untyped-call]  # Locust has no types there

    played: Played = request.getfixturevalue(mode)
    record = played.play(Polite)
    assert (played.asked("GET /basket"), played.asked("GET /logout")) == (1, 1)
    assert (record.overall().censored, [*record.flows]) == (0, ["Polite.look"])


def test_a_user_that_stops_itself_leaves_its_task_where_that_waits(looped: Played) -> None:
    class Done(HttpUser):
        @task
        def look(self) -> None:
            while True:
                self.client.get("/a")
                self.stop()
                self.wait()  # type: ignore[no-untyped-call]  # Locust has no types there

    Done.host = looped.api.url
    looped.process.say("load")
    looped.process.add(Done)
    wait_until(lambda: looped.record.users_left == 1)
    looped.process.agent.finish(2.0)
    look = looped.record.flows["Done.look"]
    assert (look.started, look.succeeded, looped.asked("GET /a")) == (1, 1, 1)


@pytest.mark.parametrize("mode", ["looped", "paced"])
def test_test_functions_that_are_stopped_end(mode: str, request: pytest.FixtureRequest) -> None:
    """Locust's loop over them never asks whether they are."""
    played: Played = request.getfixturevalue(mode)

    def functions_of(user: Any) -> Any:
        fixture = SimpleNamespace(func=lambda _: iter([user]))
        return SimpleNamespace(name="look", fixturedef=fixture, obj=look)

    def look(user: Any) -> None:
        user.environment.events.request.fire(
            request_type="X", name="y", response_time=1, response_length=0
        )
        gevent.sleep(0.02)

    class Tested(PytestUser):
        def __init__(self, environment: Any) -> None:
            super().__init__(environment)
            self.functions = [functions_of(self)]

    played.process.say("load")
    user = played.process.add(Tested)
    wait_until(lambda: played.record.started)
    gevent.spawn(user.stop)
    wait_until(lambda: user.greenlet.dead)
    played.process.agent.finish(2.0)
    assert played.record.overall().censored == played.record.users_left == 0
    assert played.process.sent[-1].crashes == []


def test_a_user_that_is_cut_off_leaves_its_operation_censored(looped: Played) -> None:
    class Endless(HttpUser):
        @task
        def look(self) -> None:
            self.client.get("/a")
            while True:
                gevent.sleep(0.01)

    Endless.host = looped.api.url
    looped.process.say("load")
    looped.process.add(Endless)
    wait_until(lambda: looped.record.started)
    looped.process.agent.finish(0.1)
    (operation,) = looped.record.flows.values()
    assert (operation.started, operation.censored) == (1, 1)


@pytest.mark.parametrize("path", ["/a", "/404"])
def test_what_of_an_operation_lies_behind_the_end_of_its_stage_is_no_use_of_that(
    looped: Played, path: str
) -> None:
    gate = gevent.event.Event()

    class Waiting(HttpUser):
        @task
        def look(self) -> None:
            gate.wait()
            self.client.get(path)

    Waiting.host = looped.api.url
    began_s = perf_counter()
    looped.process.say("load")
    looped.process.add(Waiting)
    wait_until(lambda: looped.record.started)
    looped.process.say("drain", drain_s=5.0)
    stage_us = (perf_counter() - began_s) * 1e6
    gevent.sleep(0.5)
    gate.set()
    wait_until(lambda: looped.record.overall().finished)
    looped.process.agent.report()
    overall = looped.record.overall()
    assert overall.finished == 1
    assert overall.service_time.sum_us + looped.record.other_use_us <= stage_us


def test_what_is_reported_in_the_midst_of_an_operation_adds_up(looped: Played) -> None:
    """Else the master would believe the process no more."""

    class Long(HttpUser):
        @task
        def look(self) -> None:
            self.client.get("/a")
            self.client.get("/404")
            while True:
                gevent.sleep(0.01)

    Long.host = looped.api.url
    looped.process.say("load")
    looped.process.add(Long)
    wait_until(lambda: looped.asked("GET /404"))
    gevent.sleep(0.05)
    looped.process.agent.report()
    snapshot = looped.process.sent[-1]
    records = Bounds({(0, 0): (0.0, 0.0)}).admit(snapshot, {}, 1.0)
    assert records[0, 0].flows["Long.look"].attempts == 2
    assert steps(records[0, 0]) == {"GET /a": 1, "GET /404": 1}


def test_a_client_of_its_own_that_fires_the_event(looped: Played) -> None:
    class Rpc(User):
        wait_time = constant(0.01)

        @task
        def call(self) -> None:
            for ms, error in ((12.345, None), (None, None), (-1.0, None), (5, ValueError("no"))):
                self.environment.events.request.fire(
                    request_type="grpc",
                    name="/hello.Service/Say",
                    response_time=ms,
                    response_length=3,
                    exception=error,
                    context=None,
                    response=None,
                )

    record = looped.play(Rpc)
    step, count = record.steps["grpc /hello.Service/Say"], record.flows["Rpc.call"].started
    assert (step.succeeded, step.failed) == (3 * count, count)
    assert step.response_time.count == 2 * count, "one of them has no time"
    assert step.response_time.max_us == 12_345
    assert step.errors.counts == {"exception-ValueError": count}


def test_measured_blocks_and_a_listener_that_stops_the_user(looped: Played) -> None:
    class Measured(User):
        wait_time = constant(0.01)

        @task
        def call(self) -> None:
            with self.environment.events.request.measure("ws", "message") as told:
                gevent.sleep(0.01)
                told["response_length"] = 5

    def stop(**_: object) -> None:
        raise StopUser

    looped.process.environment.events.request.add_listener(stop)
    record = looped.play(Measured, users=3, until=3)
    assert record.steps["ws message"].succeeded == 3
    assert record.steps["ws message"].response_time.min_us >= 10_000


def test_names_without_end_become_one(looped: Played) -> None:
    class Forgetful(User):
        @task
        def call(self) -> None:
            for n in range(3 * MOST_NAMES):
                self.environment.events.request.fire(
                    request_type="GET", name=f"/{n}\n\u202e", response_time=1, response_length=0
                )

    record = looped.play(Forgetful, until=2)
    assert len(record.steps) == MOST_NAMES + 1
    assert sum(steps(record).values()) == 3 * MOST_NAMES * record.started
    assert steps(record)[OTHER_NAMES] == 2 * MOST_NAMES * record.started
    assert all(name.isprintable() for name in record.steps)


def test_with_a_rate_a_task_begins_at_its_intended_start(paced: Played) -> None:
    class Waiting(HttpUser):
        wait_time = constant(60)
        host = ""

        @task
        def look(self) -> None:
            self.client.get("/a")

    began_s = perf_counter()
    record = paced.play(Waiting, users=1, until=40)
    assert perf_counter() - began_s < 10, "wait_time is not used"
    assert record.offered == record.started + record.missed
    assert record.started >= 40


def test_a_process_that_stood_still_as_a_task_began_makes_no_time_below_zero(
    looped: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The master would refuse the whole report, and wait for the last word of this process."""
    monkeypatch.setattr(Standstills, "before_s", lambda *_: 0.2)
    monkeypatch.setattr(Standstills, "had_none", lambda *_: False)

    class Asking(HttpUser):
        @task
        def look(self) -> None:
            self.client.get("/a")

    record = looped.play(Asking, users=1, until=3)
    for times in (record.steps["GET /a"], record.flows["Asking.look"]):
        assert times.response_time_lower.min_us == 0
        assert times.response_time_lower.count == times.succeeded > 0
        assert all(index >= 0 for index in times.service_time.counts)


def test_an_explicit_wait_in_a_task_is_part_of_it(paced: Played) -> None:
    class Thinking(HttpUser):
        wait_time = constant(0.05)

        @task
        def look(self) -> None:
            self.client.get("/a")
            self.wait()  # type: ignore[no-untyped-call]  # Locust has no types there

    record = paced.play(Thinking, until=5)
    assert record.flows["Thinking.look"].response_time.min_us >= 50_000


def test_without_a_rate_users_wait_as_they_say_and_are_never_idle(looped: Played) -> None:
    class Waiting(HttpUser):
        wait_time = constant(0.05)

        @task
        def look(self) -> None:
            self.client.get("/a")

    began_s = perf_counter()
    record = looped.play(Waiting, until=5)
    assert perf_counter() - began_s > 0.2
    assert record.user_us == 0, "what it waits is its own affair, not room for more load"


def test_requests_before_any_stage_are_counted_in_the_first(looped: Played) -> None:
    looped.process.environment.events.request.fire(
        request_type="GET", name="/earlier", response_time=1, response_length=0, context={}
    )
    looped.process.begin("another")
    looped.process.environment.events.request.fire(
        request_type="GET", name="/early", response_time=1, response_length=0, context={}
    )
    counted = steps(looped.play(Browser))
    assert (counted["GET /earlier"], counted["GET /early"]) == (1, 1)


def test_users_of_ours_are_not_counted_twice(looped: Played) -> None:
    looped.process.say("load")
    looped.process.add()
    wait_until(lambda: looped.process.ended() >= 5)
    looped.process.agent.finish(2.0)
    assert looped.record.steps == {}
    assert_accounted({(0, 0): looped.record})


def test_a_locust_without_jobload_goes_on_as_ever() -> None:
    from locust.env import Environment

    seen: list[str] = []

    class Plain(User):
        @task
        def look(self) -> None:
            seen.append("looked")
            raise StopUser

    environment: Any = Environment(user_classes=[Plain], events=events.__class__())
    runner = environment.create_local_runner()
    runner.start(1, spawn_rate=10)
    wait_until(lambda: seen)
    runner.quit()
    assert seen == ["looked"]
