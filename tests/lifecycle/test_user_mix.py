from __future__ import annotations

import sys
from importlib import import_module
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from locust import User

from jobload.lifecycle.user_mix import sources_of
from jobload.load.users.flow_user import FlowUser

BASE = "from locust import User\nclass Base(User):\n    abstract = True\n"
FILE = "from {base} import Base\nclass Shopper(Base):\n    path = '/a'\n"
modules = (f"written_{n}" for n in count())


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(tmp_path)

    def of(file: str = FILE, base: str = BASE) -> str:
        names = next(modules), next(modules)
        (tmp_path / f"{names[0]}.py").write_bytes(base.encode())
        (tmp_path / f"{names[1]}.py").write_bytes(file.format(base="base").encode())
        monkeypatch.setitem(sys.modules, "base", import_module(names[0]))
        users = {"Shopper": import_module(names[1]).Shopper}
        return sources_of(SimpleNamespace(available_user_classes=users))["Shopper"]  # type: ignore[arg-type]  # all that is asked of it

    return of


def test_a_class_is_known_by_the_files_that_it_and_its_bases_are_written_in(source: Any) -> None:
    same = source()
    assert source() == source(FILE.replace("\n", "\r\n")) == same
    assert source(FILE.replace("/a", "/b")) != same
    assert source(base=BASE + "    path = '/b'\n") != same


def test_of_what_is_installed_its_version_tells() -> None:
    users = {"FlowUser": FlowUser, "User": User, "Made": type("Made", (User,), {"__module__": "?"})}
    assert sources_of(SimpleNamespace(available_user_classes=users)) == {}  # type: ignore[arg-type]  # all that is asked of it
