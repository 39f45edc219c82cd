"""`jobload` and `python -m jobload`: until it knows what to do, Ctrl+C ends it without a word."""

import signal
import sys

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's would be a traceback of imports

from jobload.cli import main

if __name__ == "__main__":
    sys.exit(main())
