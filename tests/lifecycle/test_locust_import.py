from importlib import metadata

import pytest

from jobload.lifecycle.locust_import import import_locust


def test_who_asks_again_has_no_metadata_of_packages_read(monkeypatch: pytest.MonkeyPatch) -> None:
    import_locust()
    monkeypatch.setattr(metadata, "entry_points", lambda **_: pytest.fail("read again"))
    import_locust()
