# mypy: ignore-errors
"""Users that begin when all are there: tasks in a chain, rows, a pace, a sum over workers."""

import csv
import os
from pathlib import Path

from gevent.lock import Semaphore
from locust import HttpUser, MarkovTaskSet, constant_pacing, events, task, transition

file = Path(os.environ["E2E_PEOPLE"]).open()  # noqa: SIM115  # as long as the test lasts
rows = csv.reader(file)
all_there = Semaphore()
all_there.acquire()
orders = {"here": 0, "everywhere": 0}


def next_row():
    try:
        return next(rows)
    except StopIteration:
        file.seek(0)
        return next(rows)


@events.spawning_complete.add_listener
def on_spawning_complete(**_):
    all_there.release()


@events.report_to_master.add_listener
def on_report_to_master(client_id, data):
    data["orders"], orders["here"] = orders["here"], 0


@events.worker_report.add_listener
def on_worker_report(client_id, data):
    orders["everywhere"] += data["orders"]


@events.quitting.add_listener
def on_quitting(environment, **_):
    print(f"heard: {orders['everywhere'] + orders['here']} orders")


class Visitor(HttpUser):
    wait_time = constant_pacing(0.4)

    def on_start(self):
        all_there.wait()

    @task
    class Visit(MarkovTaskSet):
        @transition("order")
        def look(self):
            self.client.get("/items")

        @transition("look")
        def order(self):
            name, table = next_row()
            self.client.post("/orders", json={"name": name, "table": table})
            orders["here"] += 1
