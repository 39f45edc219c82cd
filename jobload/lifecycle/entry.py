"""Locust with jobload in it, whatever the locustfile says: what `jobload run` becomes."""

import sys

from locust import events
from locust.main import main

from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.lifecycle.install import install
from jobload.lifecycle.locustfile import why_it_does_not_load


def run() -> None:
    """What goes wrong before there is a run is no FAIL, as which Locust's exit code would read."""
    begun: list[bool] = []
    install(events)
    events.init.add_listener(lambda **_: begun.append(True))
    try:
        main()
    except SystemExit as leaving:
        if leaving.code == 1 and not begun:
            sys.exit(CONFIGURATION_ERROR)
        raise
    except Exception as error:
        if begun:
            raise
        print(why_it_does_not_load(error), file=sys.stderr)
        sys.exit(CONFIGURATION_ERROR)


if __name__ == "__main__":
    run()
