"""Locust with jobload in it, whatever the locustfile says: what `jobload run` becomes."""

import gc
import os
import signal
import sys
from functools import partialmethod
from typing import Any

from jobload.judge.exit_code import CONFIGURATION_ERROR
from jobload.lifecycle.locust_import import import_locust
from jobload.lifecycle.locustfile import leaves_by_itself, why_it_does_not_load
from jobload.lifecycle.target.early_start import start_early
from jobload.report.terminal.streams import tell

LOCUSTS_ERRORS = (1, -1)
"""It exits with either before a run, and with 1 after one that failed."""


def run() -> None:
    """What goes wrong before there is a run is no FAIL, as which Locust's exit code would read."""
    _end_at_once_on(signal.SIGINT, signal.SIGTERM)
    gc.disable()  # until `install`: nothing that is imported is garbage
    loaded: list[bool] = []
    begun: list[bool] = []
    try:
        _become_locust(loaded, begun)
    except SystemExit as leaving:
        from locust import log

        is_own = leaves_by_itself(leaving)
        if begun or not (is_own or leaving.code in LOCUSTS_ERRORS):
            raise
        if is_own:
            tell(why_it_does_not_load(leaving))
        if log.unhandled_greenlet_exception:
            tell("A listener raised, as told above, so nothing is run.")
        sys.exit(CONFIGURATION_ERROR)
    except Exception as error:
        if loaded:
            raise
        tell(why_it_does_not_load(error))
        sys.exit(CONFIGURATION_ERROR)


def _end_at_once_on(*numbers: signal.Signals) -> None:
    """Until there is a run, and without a traceback. The kernel takes none of them to the first
    process of a container that has no handler. `jobload.cli` has blocked them."""
    for number in numbers:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            is_first = os.getpid() == 1
            signal.signal(number, _end if is_first else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def _end(number: int, _: object) -> None:
    os._exit(128 + number)


def _become_locust(loaded: list[bool], begun: list[bool]) -> None:
    early = start_early(sys.argv[1:], os.environ)
    import_locust()
    from locust import events
    from locust.argument_parser import LocustArgumentParser
    from locust.main import main

    from jobload.lifecycle.install import install

    # Else mistakes in the options are told by the name of this module.
    parsers: Any = LocustArgumentParser
    parsers.__init__ = partialmethod(LocustArgumentParser.__init__, prog="jobload run")
    install(events, early)
    events.init.add_listener(lambda **_: loaded.append(True))
    events.test_start.add_listener(lambda **_: begun.append(True))
    main()


if __name__ == "__main__":
    run()
