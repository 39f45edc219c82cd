from __future__ import annotations

import sys
from importlib import import_module
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from locust import HttpUser, User, task
from locust.util.load_locustfile import load_locustfile

from jobload.lifecycle.user_mix import are_of_others, sources_of
from jobload.load.users.flow_user import FlowUser

BASE = "from locust import User\nclass Base(User):\n    abstract = True\n"
FILE = "from {base} import Base\nclass Shopper(Base):\n    path = '/a'\n"
OF_ONE_NAME = """
from locust import HttpUser, task

class {name}(HttpUser):
    @task
    def look(self):
        pass
"""
modules = (f"written_{n}" for n in count())


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(file: str = FILE, base: str = BASE, base_in: str = "") -> Any:
        names = next(modules), next(modules)
        (tmp_path / base_in).mkdir(exist_ok=True)
        (tmp_path / base_in / f"{names[0]}.py").write_bytes(base.encode())
        (tmp_path / f"{names[1]}.py").write_bytes(file.format(base="base").encode())
        for folder in (tmp_path, tmp_path / base_in):
            monkeypatch.syspath_prepend(folder)
        monkeypatch.setitem(sys.modules, "base", import_module(names[0]))
        return sources(import_module(names[1]).Shopper)

    return of


def sources(*users: type) -> Any:
    found = {user.__name__: user for user in users}
    told = sources_of(SimpleNamespace(available_user_classes=found))  # type: ignore[arg-type]  # all that is asked of it
    return told["Shopper"] if [*found] == ["Shopper"] else told


def test_a_class_is_known_by_the_files_that_it_and_its_bases_are_written_in(source: Any) -> None:
    same = source()
    for as_good in (FILE, FILE.replace("\n", "\r\n"), FILE.rstrip(), "\ufeff" + FILE):
        assert source(as_good) == same
    assert not are_of_others(source(), same)
    assert are_of_others(source(FILE.replace("/a", "/b")), same)
    assert are_of_others(source(base=BASE + "    path = '/b'\n"), same)


def test_a_base_class_may_be_installed_here_and_lie_beside_the_locustfile_there(
    source: Any,
) -> None:
    installed = source(base=BASE + "# 2.0\n", base_in="site-packages")
    assert [*installed] == ["Shopper"]
    assert not are_of_others(installed, source())
    assert are_of_others(installed, source(FILE.replace("/a", "/b")))


def test_of_what_is_installed_its_version_tells() -> None:
    users = [FlowUser, User, type("Made", (User,), {"__module__": "?"})]
    assert sources(*users) == {}


@pytest.mark.parametrize(
    "file", [None, 7, "<string>", Path("gone.py"), "app.zip/users.py", "\0.py"]
)
def test_what_can_not_be_read_is_not_told_of(file: object) -> None:
    within: dict[str, Any] = {"__name__": "made", "__file__": file, "User": User}
    exec("class Shopper(User):\n    def look(self): pass", within)
    assert sources_of(SimpleNamespace(available_user_classes={"Shopper": within["Shopper"]})) == {}  # type: ignore[arg-type]  # all that is asked of it


def test_the_python_of_a_machine_is_no_part_of_a_class() -> None:
    """HttpUser of Locust is a typing.Generic, whose file is another in each release of Python."""

    class Shopper(HttpUser):
        @task
        def look(self) -> None: ...

    assert [name.rpartition(".")[2] for name in sources(Shopper)] == ["Shopper"]


def test_of_locustfiles_of_one_name_each_class_is_known_by_its_own(tmp_path: Path) -> None:
    """In which order those of a folder are read is for each machine to say."""
    files = []
    for name in ("X", "Y"):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "locustfile_of_one_name.py")
        files[-1].write_text(OF_ONE_NAME.format(name=name))
    told = []
    for order in (files, files[::-1]):
        users = [user for file in order for user in load_locustfile(str(file))[0].values()]
        told.append(sources(*users))
    assert told[0] == told[1]
    assert told[0]["X"]["X"] != told[0]["Y"]["Y"]
