"""python -m target_app.leash FD COMMAND...: runs the command until the pipe FD reaches its end.

Stands between parent and child where the kernel can't tell a child that its parent has died.
"""

import os
import signal
import subprocess
import sys

from target_app.wakeups import Wakeups


def main() -> int:
    pipe, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(pipe, False)
    with Wakeups(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, pipe=pipe) as wakeups:
        child = subprocess.Popen(command, close_fds=False)
        while child.poll() is None:
            woken = wakeups.wait()
            if woken.end_of_file:
                child.kill()
                child.wait()
            for number in woken.signals & {signal.SIGTERM, signal.SIGINT}:
                child.send_signal(number)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
