import io
import sys
from pathlib import Path

import pytest

import jobload
from jobload.cli import main
from jobload.lifecycle.validate_command import ENDPOINTS
from jobload.plan.scenario import load_scenario

SCENARIOS = """\
scenarios:
  orders: {shape: ramp, users: 1, duration: 5s, payload: {file: orders.jsonl}}
"""


def validate(folder: Path, rows: str, metric: str = "p99") -> int:
    (folder / "orders.jsonl").write_text(rows)
    (folder / "scenarios.yaml").write_text(SCENARIOS)
    checks = f"scenarios:\n  orders:\n    - {{metric: {metric}, expect: <= 1s}}\n"
    (folder / "thresholds.yaml").write_text(checks)
    return main(["validate", "--scenarios", str(folder / "scenarios.yaml")])


def test_a_good_plan_is_printed_with_its_stages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(tmp_path, '{"order": 1}\n') == 0
    said = capsys.readouterr().out
    assert "hold" in said
    assert "scenarios.yaml: 1 scenario, 0 suites\n" in said
    assert "thresholds.yaml: 1 check, besides the implied ones\n" in said


def test_checks_and_payload_rows_are_told_at_once_with_their_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate(tmp_path, '{"order": 1}\n{"order":\n', metric="p999") == 2
    said = capsys.readouterr().err
    assert "thresholds.yaml:3:16: " in said
    assert "orders.jsonl:2:" in said


def test_a_variable_that_is_not_set_here_is_noted_and_no_mistake_of_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        SCENARIOS.replace("payload: {file: orders.jsonl}", "headers: {X-Key: '${NO_KEY}'}")
    )
    command = ["validate", "--scenarios", str(scenarios)]
    assert main(command) == 0
    assert "note: orders: headers.X-Key: the variable NO_KEY is not set" in capsys.readouterr().out
    monkeypatch.setenv("NO_KEY", "s3cret-word")
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "note:" not in said
    assert "s3cret-word" not in said


def test_a_variable_without_its_braces_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        SCENARIOS.replace("payload: {file: orders.jsonl}", "headers: {X-Key: $KEY}")
    )
    assert main(["validate", "--scenarios", str(scenarios)]) == 0
    assert "note: orders: headers.X-Key: $KEY is sent as it stands" in capsys.readouterr().out


def test_a_certificate_that_is_not_here_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("payload: {file: orders.jsonl}", "tls: {cert: c.pem}"))
    assert main(["validate", "--scenarios", str(scenarios)]) == 0
    note = f"note: orders: tls.cert: {tmp_path}/c.pem can't be read: No such file or directory"
    assert note in capsys.readouterr().out


def test_without_a_command_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "validate" in capsys.readouterr().out


def test_a_judged_stage_in_which_nothing_arrives_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "scenarios.yaml"
    plan.write_text("scenarios: {x: {shape: ramp, users: 1, duration: 5s, rate: 0.05}}\n")
    assert main(["validate", "--scenarios", str(plan)]) == 2
    assert "x: stage hold: plans 0.25 arrivals" in capsys.readouterr().err


def test_a_payload_file_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios.yaml").write_text(SCENARIOS)
    assert main(["validate", "--scenarios", str(tmp_path / "scenarios.yaml")]) == 2
    assert "orders.jsonl: can't be read: No such file" in capsys.readouterr().err


def test_a_console_without_arrows_gets_a_question_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert validate(tmp_path, "1\n") == 0
    sys.stdout.flush()
    assert b"0 ? 1" in written.getvalue()


@pytest.mark.processes
def test_the_users_of_a_locustfile_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "theirs.py").write_text(
        "from locust import HttpUser, task\n\n"
        "class Shopper(HttpUser):\n    @task\n    def look(self): ...\n"
    )
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        "scenarios:\n  shop: {shape: ramp, users: 1, duration: 5s, endpoint: /, timeout: 9s}\n"
    )
    command = ["validate", "-f", str(tmp_path / "theirs.py"), "--scenarios", str(scenarios)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "theirs.py: Shopper" in said
    assert "no threshold file, so only the implied checks hold\n" in said
    assert [line for line in said.splitlines() if line.startswith("note: shop")] == [
        "note: shop: endpoint: is of jobload's own users; what is sent the locustfile says"
    ]
    scenarios.write_text(
        scenarios.read_text().replace("users: 1", "users: 1, users_mix: {Shoper: 1}")
    )
    assert main(command) == 2
    assert "no user class is called 'Shoper'; expected Shopper;" in capsys.readouterr().err
    with (tmp_path / "theirs.py").open("a") as file:
        file.write("\nclass Shoper(Shopper):\n    weight = 0\n")
    assert main(command) == 2
    assert "shop: users_mix.Shoper: has weight = 0 in the locustfile" in capsys.readouterr().err


@pytest.mark.processes
def test_what_the_users_of_a_locustfile_do_not_listen_to_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios.yaml").write_text(
        "scenarios: {light: {shape: ramp, users: 2, duration: 9s, expect: {status: [299]}}}\n"
    )
    (tmp_path / "shop.py").write_text(
        "from locust import HttpUser, task\n"
        "class Shopper(HttpUser):\n    @task\n    def look(self): ...\n"
    )
    given = ["--scenarios", str(tmp_path / "scenarios.yaml"), "-f", str(tmp_path / "shop.py")]
    assert main(["validate", *given]) == 2
    assert "light: expect: is of jobload's own users; what Shopper" in capsys.readouterr().err


def test_each_request_is_shown_as_it_would_be_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "s3cret-word")
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        "scenarios:\n  orders:\n    shape: ramp\n    users: 1\n    duration: 5s\n"
        "    headers: {X-Api-Key: written-out, Authorization: 'Bearer ${API_TOKEN}'}\n"
        "    steps:\n"
        "      - {post: /login, json: {password: '${PASSWORD}', n: '{{ int(3, 3) }}'},"
        " capture: {token: $.token}}\n"
        "      - {name: read, get: '/a/{{ token }}?t={{ token }}'}\n"
        "      - {pause: 20ms}\n"
        "      - {pause: 20ms-1.5s}\n"
    )
    assert main(["validate", "--scenarios", str(scenarios)]) == 0
    said = capsys.readouterr().out
    assert "    POST /login\n    X-Api-Key: ***\n    Authorization: ***\n" in said
    assert '    {"password":"***","n":3}\n' in said
    assert "  step 2: read\n    GET /a/<token>?t=<token>\n" in said
    assert "  step 3: a pause of 20ms\n  step 4: a pause of 20ms to 1.5s\n" in said
    assert "s3cret-word" not in said


def test_a_check_of_a_step_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        "scenarios:\n  orders: {shape: ramp, users: 1, duration: 5s,"
        " steps: [{name: submit, post: /a}]}\n"
    )
    check = "{metric: p99, expect: <= 1s, endpoint: submitt}"
    (tmp_path / "thresholds.yaml").write_text(f"scenarios:\n  orders:\n    - {check}\n")
    assert main(["validate", "--scenarios", str(scenarios)]) == 2
    assert "orders has no endpoint 'submitt'; expected submit; did you" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("users_mix", "fields", "metric", "limit", "endpoint", "says"),
    [
        ("{JobSubmitter: 1}", "", "p99", "1s", "POST /x", "'POST /x'; expected POST /api/v1/jobs"),
        (
            "{JobFollower: 1, JobWatcher: 1}",
            "",
            "p99",
            "1s",
            "POST /x",
            "expected POST /api/v1/jobs, GET /api/v1/jobs or GET /api/v1/jobs/{id}",
        ),
        (
            "{JobSubmitter: 1, JobWatcher: 1}",
            "",
            "missed",
            "1%",
            "POST /api/v1/jobs",
            "missed is of arrivals, which are not yet of any endpoint",
        ),
        (
            "{FlowUser: 1, JobSubmitter: 1}",
            "steps: [{get: /a}]",
            "p99",
            "1s",
            "GET /b",
            "expected GET /a or POST /api/v1/jobs",
        ),
    ],
    ids=["submitter", "follower-and-watcher", "missed", "flow-and-submitter"],
)
def test_a_check_of_another_request_than_the_scenarios_is_told(
    users_mix: str,
    fields: str,
    metric: str,
    limit: str,
    endpoint: str,
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As a run does, which refuses it."""
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        "scenarios:"
        f" {{orders: {{shape: ramp, users: 3, duration: 5s, users_mix: {users_mix}, {fields}}}}}\n"
    )
    check = f"{{metric: {metric}, expect: <= {limit}, endpoint: {endpoint}}}"
    (tmp_path / "thresholds.yaml").write_text(f"scenarios:\n  orders:\n    - {check}\n")
    assert main(["validate", "--scenarios", str(scenarios)]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("name", [*ENDPOINTS])
def test_the_endpoints_of_users_are_those_that_their_classes_tell(name: str) -> None:
    more = {"steps": [{"get": "/a"}]} if name == "FlowUser" else {"users_mix": {name: 1}}
    given = {"name": "a", "shape": "ramp", "users": 1, "duration": "5s"}
    scenario = load_scenario(given | more)
    assert ENDPOINTS[name](scenario) == getattr(jobload, name).labels(scenario)


def test_a_body_file_that_is_not_there_is_told_before_any_load(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(
        "scenarios:\n  a: {shape: ramp, users: 1, duration: 5s,"
        " steps: [{post: /a, body: {file: none.bin}}]}\n"
    )
    assert main(["validate", "--scenarios", str(scenarios)]) == 2
    assert (
        f"{tmp_path}/none.bin: can't be read: No such file or directory" in capsys.readouterr().err
    )
    (tmp_path / "none.bin").write_bytes(b"\x00\xff")
    assert main(["validate", "--scenarios", str(scenarios)]) == 0
    assert "    POST /a\n    Content-Type: application/octet-stream" in capsys.readouterr().out


OBSERVE = """
observe:
  prometheus: http://127.0.0.1:9090
  headers: {Authorization: "Bearer ${E2E_NO_SUCH_TOKEN}"}
  queries: {cpu: {query: up, unit: "%"}}
scenarios: {light: {shape: ramp, users: 1, duration: 5s, rate: 1}}
"""


def test_an_address_that_a_run_would_not_ask_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenarios = tmp_path / "scenarios.yaml"
    scenarios.write_text(OBSERVE.replace(":9090", ":99999"))
    assert main(["validate", "--scenarios", str(scenarios)]) == 2
    assert "a port that is no number from 1 to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("metric", "code", "said"),
    [
        ("observe:cpu", 0, "note: observe.headers.Authorization: the variable E2E_NO_SUCH_TOKEN"),
        ("observe:cpi", 2, "observe has no query 'cpi'; expected observe:cpu; did you mean"),
    ],
)
def test_what_is_observed_is_checked_and_nobody_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], metric: str, code: int, said: str
) -> None:
    (tmp_path / "scenarios.yaml").write_text(OBSERVE)
    check = f'{{metric: "{metric}", expect: "<= 80%"}}'
    (tmp_path / "thresholds.yaml").write_text(f"scenarios: {{light: [{check}]}}")
    files = [f"--{name}={tmp_path / name}.yaml" for name in ("scenarios", "thresholds")]
    assert main(["validate", *files]) == code
    out, err = capsys.readouterr()
    assert said in out + err


def test_a_folder_that_is_gone_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SystemExit) as ended:
        main(["validate"])
    assert ended.value.code == 2
    assert "the current folder can't be used" in capsys.readouterr().err


def test_which_one_it_is_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("jobload ")


def test_what_nothing_takes_is_noted_and_no_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "scenarios.yaml"
    plan.write_text(SCENARIOS.replace("payload: {file: orders.jsonl}", "variables: {region: eu}"))
    assert main(["validate", "--scenarios", str(plan)]) == 0
    assert "note: orders: variables.region: nothing takes it; " in capsys.readouterr().out


def test_a_locustfile_without_a_name_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scenarios.yaml").write_text(SCENARIOS)
    assert main(["validate", "--scenarios", str(tmp_path / "scenarios.yaml"), "-f", ""]) == 2
    assert "-f: is empty" in capsys.readouterr().err


@pytest.mark.processes
def test_a_user_class_that_a_run_would_refuse_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the locustfile that a run would take: here the one that comes with jobload."""
    plan = tmp_path / "scenarios.yaml"
    plan.write_text(SCENARIOS.replace("payload: {file: orders.jsonl}", "users_mix: {Nope: 1}"))
    assert main(["validate", "--scenarios", str(plan)]) == 2
    said = capsys.readouterr().err
    assert f"{plan}:2:61: scenarios.orders.users_mix.Nope: no user class is called 'Nope'" in said
    assert "expected FlowUser, JobFollower, JobSubmitter or JobWatcher" in said


@pytest.mark.processes
@pytest.mark.parametrize(
    ("named", "by"),
    [("locustfile.py", None), ("theirs.py", "variable"), ("theirs.py", "locust.conf")],
)
def test_the_locustfile_that_a_run_would_take_says_which_users_there_are(
    named: str,
    by: str | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one in the current folder, or that of Locust's own variable or settings."""
    monkeypatch.chdir(tmp_path)
    if by == "variable":
        monkeypatch.setenv("LOCUST_LOCUSTFILE", named)
    elif by is not None:
        Path(by).write_text(f"locustfile = {named}\n")
    Path(named).write_text("from locust import User\n\nclass Mine(User):\n    pass\n")
    Path("scenarios.yaml").write_text(
        SCENARIOS.replace("payload: {file: orders.jsonl}", "users_mix: {Mine: 1}")
    )
    assert main(["validate"]) == 0
    assert f"{named}: Mine" in capsys.readouterr().out
    Path("scenarios.yaml").write_text(
        SCENARIOS.replace("payload: {file: orders.jsonl}", "users_mix: {JobSubmitter: 1}")
    )
    assert main(["validate"]) == 2
    assert "no user class is called 'JobSubmitter'; expected Mine" in capsys.readouterr().err


def test_ctrl_c_ends_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobload.cli._validate", interrupted)
    assert main(["validate"]) == 130
    assert capsys.readouterr().err == ""


def test_a_command_that_breaks_off_has_not_found_the_api_slow(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, which is Python's, means FAIL, and worse where runs are compared."""

    def broken(*_: object) -> int:
        raise ImportError("libfoo.so")

    monkeypatch.setattr("jobload.cli._validate", broken)
    assert main(["validate"]) == 3
    assert "libfoo.so" in capsys.readouterr().err
