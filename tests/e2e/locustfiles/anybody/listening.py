# mypy: ignore-errors
"""Options of its own, messages between its processes, and listeners of the whole life of a test."""

from locust import HttpUser, constant, events, task
from locust.runners import MasterRunner, WorkerRunner

names = []


@events.init_command_line_parser.add_listener
def add_options(parser):
    parser.add_argument("--greeting", default="none")


def take_names(environment, msg, **_):
    names.extend(msg.data)
    environment.runner.send_message("thanks", f"thanks for {len(msg.data)}")


@events.init.add_listener
def on_init(environment, **_):
    print("heard: init")
    if not isinstance(environment.runner, MasterRunner):
        environment.runner.register_message("names", take_names)
    if not isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("thanks", lambda msg, **_: print("heard:", msg.data))


@events.test_start.add_listener
def on_test_start(environment, **_):
    print("heard: test_start")
    if not isinstance(environment.runner, WorkerRunner):
        everyone = [f"user-{n}" for n in range(environment.runner.target_user_count)]
        workers = list(getattr(environment.runner, "clients", ["local"]))
        for n, worker in enumerate(workers):
            environment.runner.send_message("names", everyone[n :: len(workers)], worker)


@events.test_stop.add_listener
def on_test_stop(**_):
    print("heard: test_stop")


@events.quitting.add_listener
def on_quitting(**_):
    print("heard: quitting")


class Named(HttpUser):
    wait_time = constant(0.1)

    def __init__(self, environment):
        super().__init__(environment)
        self.name = names.pop()

    @task
    def greet(self):
        greeting = self.environment.parsed_options.greeting
        self.client.get("/greet", name=f"{greeting} {self.name}")
