from __future__ import annotations

import pytest
from one_process import scenario

from jobload.load.http.origin import Origin
from jobload.load.users.workload import Workload


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_key_that_the_scenario_gives_takes_the_place_of_ours(name: str, method: str) -> None:
    workload = Workload.of(
        scenario(method=method), Origin.parse("http://127.0.0.1:8000"), {name: "theirs"}, "run"
    )
    head, _, _ = workload.requests(1, b"ours-").render(1).partition(b"\r\n\r\n")
    keys = [line for line in head.split(b"\r\n") if line.lower().startswith(b"idempotency-key:")]
    assert keys == [f"{name}: theirs".encode()]
