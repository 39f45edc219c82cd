"""What `jobload run` ends with where it does not come to a run."""

from __future__ import annotations

import gc
import signal

import pytest

from jobload.lifecycle import entry


def test_an_installation_that_lacks_something_is_no_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python's own exit code would be 1."""

    def lacks_something(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'httptools'")

    monkeypatch.setattr(entry, "_become_locust", lacks_something)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(gc, "disable", lambda: None)
    with pytest.raises(SystemExit) as left:
        entry.run()
    assert left.value.code == 2
    assert capsys.readouterr().err.endswith("ModuleNotFoundError: No module named 'httptools'\n")
