import pytest

from jobload.lifecycle.files import find_locustfile
from jobload.lifecycle.target.early_start import is_likely_wanted

OWN = ["-f", str(find_locustfile())]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--suite", "small"],
        ["--headless", *OWN],
        ["--headless", *OWN, "--scenario", "light", "--set", "users=5", "--processes", "2"],
    ],
)
def test_a_run_that_names_no_host_will_want_the_embedded_target(arguments: list[str]) -> None:
    assert is_likely_wanted(arguments, {})


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "http://127.0.0.1:8000"],
        ["--host=http://127.0.0.1:8000"],
        ["-Hhttp://127.0.0.1:8000"],
        ["--worker"],
        ["--master"],
        ["-f", "theirs.py"],
        ["--locustfile=theirs.py"],
        ["--headless", *OWN, "-f", "theirs.py"],
    ],
)
def test_a_run_that_may_aim_elsewhere_is_waited_for(arguments: list[str]) -> None:
    assert not is_likely_wanted(arguments, {})


@pytest.mark.parametrize("name", ["LOCUST_HOST", "LOCUST_MODE_WORKER", "LOCUST_LOCUSTFILE"])
def test_so_is_one_whose_environment_says_so(name: str) -> None:
    assert not is_likely_wanted([], {name: "1"})
