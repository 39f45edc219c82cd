"""What a locustfile has, read in a process of its own; what is wrong with it is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobload.lifecycle.locustfile import read_locustfile
from jobload.plan.problem import PlanError

pytestmark = pytest.mark.processes
FILE = """
from locust import HttpUser, LoadTestShape, task
from jobload import JobSubmitter

print("something of its own")

class Base(HttpUser):
    abstract = True

class Shopper(Base):
    weight = 3
    @task
    def look(self): ...

class Admin(Base):
    fixed_count = 2
    weight = 0
    @task
    def look(self): ...

class Noting(JobSubmitter): ...

class Wave(LoadTestShape):
    def tick(self): return None
"""


def test_its_users_weights_and_shape(tmp_path: Path) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(FILE)
    found = read_locustfile(str(file))
    assert {*found.users} == {"JobSubmitter", "Shopper", "Admin", "Noting"}
    assert found.mix == {"Shopper": 3, "Admin": 1, "Noting": 1}
    assert {*found.unmeasured} == {"Shopper", "Admin"}
    assert found.has_own_shape


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import locust\n1 / 0\n", "theirs.py:2: ZeroDivisionError: division by zero"),
        ("import nothing_like_it\n", "theirs.py:1: ModuleNotFoundError: No module named"),
        ("def broken(:\n", "theirs.py:1: SyntaxError: "),
        ("import os\n", "has no user class"),
        ("import sys\nsys.exit(0)\n", "it ended without a word"),
    ],
)
def test_one_that_can_not_be_read(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "theirs.py"
    file.write_text(text)
    with pytest.raises(PlanError) as caught:
        read_locustfile(str(file))
    (problem,) = caught.value.errors
    assert str(problem).startswith(f"-f {file}: ")
    assert said in str(problem)
