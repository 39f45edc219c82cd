from __future__ import annotations

import pytest
from locust import HttpUser, User

from jobload.lifecycle.target.own_hosts import OwnHosts, give_host
from jobload.load.http.origin import Origin
from jobload.load.users.job_submitter import JobSubmitter


class First(HttpUser):
    host = "http://127.0.0.1:8001"


class Second(HttpUser):
    host = "http://127.0.0.1:8002"


class Rpc(User):
    host = "localhost:50051"


class Hostless(HttpUser):
    pass


def test_hosts_of_all_classes_need_no_target_of_ours() -> None:
    hosts = OwnHosts({"First": First, "Second": Second, "Rpc": Rpc})
    assert hosts.are_everyones
    assert hosts.any_user_is_own
    assert hosts.text == "http://127.0.0.1:8001, http://127.0.0.1:8002, localhost:50051"
    assert [origin.port for origin in hosts.origins()] == [8001, 8002], "one speaks no HTTP"


def test_one_class_without_a_host_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobSubmitter, "host", None)  # a run of another test may have given it one
    assert not OwnHosts({"First": First, "Hostless": Hostless}).are_everyones
    assert not OwnHosts({"JobSubmitter": JobSubmitter}).are_everyones
    assert not OwnHosts({}).are_everyones


def test_only_those_that_name_none_are_given_one_and_another_one_later() -> None:
    class Guest(HttpUser):
        pass

    users = {"First": First, "Guest": Guest}
    for port in (9001, 9002):
        give_host(users, Origin.parse(f"http://127.0.0.1:{port}"))
        assert (First.host, Guest.host) == ("http://127.0.0.1:8001", f"http://127.0.0.1:{port}")
    give_host(users, None)
    assert Guest.host == "http://127.0.0.1:9002"
