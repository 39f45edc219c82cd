"""The directory of an embedded Redis: short, private, locked as long as anything uses it."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREPARING = "jobload-new-"
READY = "jobload-target-"
ABANDONED_S = 60  # a directory that is being prepared gets its lock within milliseconds
SOCKET_PATH_MAX = 100  # the kernel's limit is 108 bytes, 104 on macOS


class Workdir:
    """The lock belongs to the open file, so Redis, which inherits it, keeps it too."""

    def __init__(self) -> None:
        base = _base()
        sweep(base)
        new = Path(tempfile.mkdtemp(prefix=PREPARING, dir=base))  # mode 700
        self.lock_fd = os.open(new / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self.lock_fd, fcntl.LOCK_EX)
        # Only now does it get the name that a sweep looks at.
        self.path = new.rename(base / new.name.replace(PREPARING, READY))

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock_fd)


def sweep(base: Path) -> None:
    """Removes what runs that were killed have left behind."""
    for path in base.glob(READY + "*"):
        if _is_ours(path) and _unlocked(path / "lock"):
            shutil.rmtree(path, ignore_errors=True)
    for path in base.glob(PREPARING + "*"):
        if _is_ours(path) and time.time() - path.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(path, ignore_errors=True)


def _base() -> Path:
    base = Path(tempfile.gettempdir())
    longest = base / (READY + "12345678") / "redis.sock"
    return base if len(os.fsencode(longest)) <= SOCKET_PATH_MAX else Path("/tmp")  # noqa: S108  # mkdtemp there


def _is_ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and path.is_dir() and not path.is_symlink()


def _unlocked(lock: Path) -> bool:
    try:
        fd = os.open(lock, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True  # a removal that was cut short
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True
