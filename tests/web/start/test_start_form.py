"""What the start form can ask for, and what it can't."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
from made_live_run import MadeLiveRun, MadePlan
from made_run import MadeRun
from made_ui import TARGET, MadeUi, made_ui

from jobload.web.run_control import StartRequest
from jobload.web.start import start_page

RUN = "20261122-110500-ab12cd"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeUi]:
    results = tmp_path_factory.mktemp("results")
    (results / RUN).mkdir()
    (results / RUN / "result.json").write_text("{}")
    with made_ui(results) as made:
        yield made


@pytest.fixture
def ui(made: MadeUi) -> MadeUi:
    return made.as_new()


def send(ui: MadeUi, form: dict[str, Any]) -> Any:
    return ui.client().post("/swarm", data=form)


def test_all_fields_arrive(ui: MadeUi) -> None:
    form = {"scenario": "adhoc", "suite": "– none –", "user_count": "20", "spawn_rate": "2.5"}
    form |= {"run_time": "1m30s", "rate": "50/s", "no_rate": "false", "profile_only": "true"}
    form |= {"host": "http://127.0.0.1:9000", "baseline": RUN, "profile": ""}
    assert send(ui, form).get_json()["success"] is True
    assert ui.control.started == [
        StartRequest(
            host="http://127.0.0.1:9000",
            scenario="adhoc",
            users=20,
            spawn_rate=2.5,
            run_time_s=90,
            rate="50/s",
            profile_only=True,
            baseline=ui.control.results_dir / RUN / "result.json",
        )
    ]


def test_fields_that_mean_nothing_with_the_scenario_are_left_out(ui: MadeUi) -> None:
    form = {"scenario": "light", "user_count": "x", "spawn_rate": "1", "host": ""}
    assert send(ui, form).get_json()["success"] is True
    assert ui.control.started == [StartRequest(host=TARGET, scenario="light")]


def test_a_rate_is_one_of_any_scenario(ui: MadeUi) -> None:
    """As with --set, where it also says which of them have none."""
    assert send(ui, {"scenario": "light", "rate": "9"}).get_json()["success"] is True
    assert ui.control.started == [StartRequest(host=TARGET, scenario="light", rate="9")]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"scenario": "light", "suite": "small"}, "a scenario or a suite, not both"),
        ({"scenario": "adhoc", "user_count": "ten"}, "users must be a number such as 10"),
        ({"scenario": "adhoc", "user_count": "1.5"}, "users must be a number such as 10"),
        ({"scenario": "adhoc", "user_count": "-1"}, "users must be a number such as 10"),
        ({"scenario": "adhoc", "user_count": "0"}, "users must be more than 0"),
        ({"scenario": "adhoc", "spawn_rate": "inf"}, "ramp up must be a number"),
        ({"scenario": "adhoc", "spawn_rate": "nan"}, "ramp up must be a number"),
        ({"scenario": "adhoc", "run_time": "soon"}, "run time must be like"),
        ({"scenario": "adhoc", "rate": "fast"}, "rate is a number of operations a second"),
        ({"scenario": "adhoc", "rate": "1\nusers=9"}, "characters that don't print"),
        ({"scenario": "light", "no_rate": "maybe"}, "no_rate is true or false"),
        ({"scenario": "light", "baseline": "/etc/passwd"}, "no earlier run '/etc/passwd'"),
        ({"scenario": "light", "baseline": f"../{RUN}"}, "no earlier run"),
        ({"scenario": "x" * 501}, "scenario is too long"),
    ],
)
def test_a_bad_value_is_refused_with_a_sentence_in_the_form(
    ui: MadeUi, form: dict[str, str], sentence: str
) -> None:
    answer = send(ui, form)
    assert answer.status_code == 200  # Locust's form shows the sentence of no other answer
    assert answer.get_json()["success"] is False
    assert sentence in answer.get_json()["message"]
    assert ui.control.started == []


@pytest.mark.parametrize(
    "key",
    ["html_file", "csv_prefix", "results", "overrides", "allowed_targets", "json_file", "users"],
)
def test_no_other_option_can_be_set(ui: MadeUi, key: str, caplog: pytest.LogCaptureFixture) -> None:
    before = dict(vars(ui.options))
    with caplog.at_level(logging.WARNING):
        answer = send(ui, {"scenario": "light", key: "/tmp/owned"})
    assert answer.status_code == 400
    assert f"can't set {key}" in answer.get_data(as_text=True)
    assert f"can't set {key}" in caplog.text
    assert vars(ui.options) == before
    assert ui.control.started == []


def test_a_field_that_comes_twice_is_refused(ui: MadeUi) -> None:
    assert send(ui, {"scenario": ["light", "spike"]}).status_code == 400
    assert ui.control.started == []


def test_what_the_desk_refuses_is_said_in_the_form_and_logged(
    ui: MadeUi, caplog: pytest.LogCaptureFixture
) -> None:
    ui.control.answer = "The host example.com is not an allowed target."
    with caplog.at_level(logging.WARNING):
        answer = send(ui, {"scenario": "light", "host": "http://example.com"}).get_json()
    assert answer == {"success": False, "message": ui.control.answer, "host": TARGET}
    assert ui.control.answer in caplog.text


def test_no_run_begins_while_one_is_on(ui: MadeUi) -> None:
    ui.control.is_busy = True
    answer = send(ui, {"scenario": "light"}).get_json()
    assert answer["success"] is False
    assert answer["message"] == "A run is on. Stop it first, or wait for its verdict."
    assert ui.control.started == []


def test_who_has_read_the_verdict_can_begin_the_next_run_at_once(ui: MadeUi) -> None:
    """Locust ends the test a moment later."""
    ui.control.run = run = MadeLiveRun(MadeRun(), MadePlan([]))
    ui.control.is_busy = True
    assert send(ui, {"scenario": "light"}).get_json()["success"] is False
    run.over.set()
    sent = gevent.spawn(send, ui, {"scenario": "light"})
    gevent.sleep(0.05)
    assert ui.control.started == []
    ui.control.is_busy = False
    assert sent.get(timeout=5).get_json()["success"] is True
    assert len(ui.control.started) == 1


def test_what_never_ends_is_not_waited_for_without_end(
    ui: MadeUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_page, "ENDS_WITHIN_S", 0.1)
    ui.control.run = run = MadeLiveRun(MadeRun(), MadePlan([]))
    ui.control.is_busy = True
    run.over.set()
    assert send(ui, {"scenario": "light"}).get_json()["success"] is False
    ui.control.is_busy = False
    assert send(ui, {"scenario": "light"}).get_json()["success"] is True


def test_the_form_offers_scenarios_suites_and_earlier_runs(ui: MadeUi) -> None:
    page = ui.client().get("/").get_data(as_text=True)
    assert '"choices": ["\\u2013 none \\u2013", "light", "spike", "adhoc"]' in page
    assert f'"choices": ["\\u2013 none \\u2013", "{RUN}"]' in page
    assert "html_file" not in page


def test_a_form_for_other_scenarios_begins_with_the_first_of_them(ui: MadeUi) -> None:
    ui.control.scenario_names = ("checkout", "adhoc")
    assert '"scenario": {"default_value": "checkout"' in ui.client().get("/").get_data(as_text=True)


def test_with_the_class_picker_the_shape_decides_on_the_scenario(tmp_path: Path) -> None:
    with made_ui(tmp_path, picker=True) as ui:
        form = {"shape_class": "Spike", "user_classes": ["A", "B"], "scenario": "– none –"}
        assert send(ui, form).get_json()["success"] is True
        [wanted] = ui.control.started
        assert (wanted.shape_class, wanted.user_classes, wanted.scenario) == (
            "Spike",
            ("A", "B"),
            None,
        )
        send(ui, {"shape_class": "AdHoc", "user_count": "7"})
        assert ui.control.started[-1].users == 7


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"scenario": "adhoc"}},
        {"data": b"scenario=light", "content_type": "text/plain"},
        {"data": {}},
    ],
    ids=["JSON", "text", "nothing"],
)
def test_what_is_no_form_starts_nothing(ui: MadeUi, request_: dict[str, Any]) -> None:
    answer = ui.client().post("/swarm", **request_)
    assert answer.status_code == 400
    assert "no form" in answer.get_data(as_text=True)
    assert ui.control.started == []


@pytest.mark.parametrize("run_time", ["9" * 400, "9" * 400 + "h", f"{367 * 24}h"])
def test_an_endless_run_time_is_refused(ui: MadeUi, run_time: str) -> None:
    form = {"scenario": "adhoc", "user_count": "1", "run_time": run_time}
    answer = send(ui, form)
    assert answer.status_code == 200
    assert "a year at most" in answer.get_json()["message"]
    assert ui.control.started == []


def test_of_starts_that_come_at_once_one_begins(
    ui: MadeUi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(request: StartRequest) -> None:
        gevent.sleep(0.05)  # as one that reads files does
        ui.control.started.append(request)
        ui.control.is_busy = True

    monkeypatch.setattr(ui.control, "start", start)
    at_once = [gevent.spawn(send, ui, {"scenario": "light"}) for _ in range(6)]
    answers = [each.get().get_json()["success"] for each in at_once]
    assert sorted(answers) == [False] * 5 + [True]
    assert len(ui.control.started) == 1
