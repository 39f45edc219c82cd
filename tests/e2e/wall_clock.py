"""A wall clock that a test can step, for processes that are told of it by `environ`."""

from pathlib import Path

SHIM = Path(__file__).parent / "stepped_clock"


class WallClock:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.environ = {"PYTHONPATH": str(SHIM), "E2E_WALL_CLOCK": str(path)}
        self.step(0.0)

    def step(self, seconds: float) -> None:
        """From now on it shows so much more than the real one."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self._path)  # a reader never finds half of it
