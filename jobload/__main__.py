"""`jobload` and `python -m jobload`: until it knows what to do, Ctrl+C ends it without a word."""

import os
import signal
import sys

# Python's handler would be a traceback of imports. The kernel takes no signal to the first process
# of a container that has none.
if os.getpid() != 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from jobload.cli import main

if __name__ == "__main__":
    sys.exit(main())
