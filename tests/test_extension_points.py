"""To add something touches few places: ARCHITECTURE.md says which, and here one of each is added,
to a copy, and used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("jobload", "shapes", "locustfile.py", "scenarios.yaml", "thresholds.yaml")
MOST_PLACES = 3
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<places>[^|]+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Addition:
    """`edits` puts each text before the first place of the anchor, or makes a file without one;
    `proof` is a program that ends well only if what was added works."""

    what: str
    edits: tuple[tuple[str, str, str], ...]
    proof: str

    @property
    def places(self) -> list[str]:
        return [file for file, _, _ in self.edits]

    def __str__(self) -> str:
        return self.what


COUNTER = Addition(
    "a counter",
    (
        ("jobload/measure/stage_record.py", "    retries: Count = 0\n", "    teapots: Count = 0\n"),
        (
            "jobload/report/result/stage_model.py",
            "    retries: int\n",
            "    teapots: int = 0\n",
        ),
    ),
    """
    from jobload.measure.snapshot import Snapshot, StageReport, decode, encode
    from jobload.measure.stage_record import EndpointRecord, StageRecord
    from jobload.report.result.stage_figures import operations

    def counted(n):
        stage = StageRecord()
        stage.endpoint("GET /tea").teapots += n
        return stage

    whole = counted(3)
    whole.merge(counted(4))
    assert whole.endpoint("GET /tea").teapots == 7
    assert whole.overall().teapots == 7
    assert operations(whole.overall()).teapots == 7
    """,
)
METRIC = Addition(
    "a metric of checks",
    (
        ("jobload/judge/thresholds/metric.py", '    "goodput",\n', '    "in_flight",\n'),
        (
            "jobload/judge/thresholds/metric.py",
            '    "goodput": ("/s",),\n',
            '    "in_flight": ("",),\n',
        ),
        (
            "jobload/judge/stretches/reading.py",
            '    "goodput":',
            '    "in_flight": lambda _, s: Reading.of(s.operations.in_flight, 1),\n',
        ),
    ),
    """
    from jobload.judge.thresholds.threshold_file import load_threshold_file
    from jobload.judge.checks.check import evaluate_stages
    from jobload.plan.plan_file import load_plan_file
    from jobload.judge.stretches.reading import read
    from jobload.judge.stretches.stretch import Stretch

    scenarios = load_plan_file("scenarios.yaml").scenarios
    text = "scenarios: {light: [{metric: in_flight, expect: '<= 10'}]}"
    check = load_threshold_file("thresholds.yaml", scenarios, text=text)["light"][0]
    stretch = Stretch()
    stretch.operations.started = 12
    assert read(check, stretch).value == 12
    assert not check.holds(12) and check.holds(10)
    """,
)
SHAPE = Addition(
    "a shape",
    (
        (
            "jobload/plan/shapes/sawtooth.py",
            "",
            '''
            """Up and down again."""

            from typing import Literal

            from jobload.plan.shapes.ramp import RampAndHold


            class Sawtooth(RampAndHold):
                shape: Literal["sawtooth"] = "sawtooth"
            ''',
        ),
        (
            "jobload/plan/scenario.py",
            "from jobload.plan.shapes.spike",
            "from jobload.plan.shapes.sawtooth import Sawtooth\n",
        ),
        ("jobload/plan/scenario.py", "Ramp | Spike", "Sawtooth | "),
        (
            "shapes/__init__.py",
            "__all__",
            '''


            class Sawtooth(StagedShape):
                """Up and down again."""

                abstract = False
                plays = "sawtooth"


            ''',
        ),
    ),
    """
    import locust
    import shapes
    from jobload.plan.plan_file import load_plan_file
    from jobload.plan.scenario_schema import scenarios_schema

    text = "scenarios: {up: {shape: sawtooth, users: 4, ramp_up: 1s, duration: 5s, rate: 4}}"
    scenario = load_plan_file("scenarios.yaml", text).scenarios["up"]
    assert [stage.name for stage in scenario.stages()] == ["ramp-up", "hold"]
    assert "sawtooth" in str(scenarios_schema())
    assert shapes.Sawtooth.plays == scenario.shape
    """,
)
FIELD = Addition(
    "a field of scenarios.yaml",
    (
        (
            "jobload/plan/scenario_fields.py",
            "    seed: Annotated[int",
            "    owner: str | None = None\n",
        ),
    ),
    """
    from jobload.plan.plan_file import load_plan_file
    from jobload.plan.scenario import load_scenario
    from jobload.plan.scenario_schema import scenarios_schema

    body = "{shape: ramp, users: 4, ramp_up: 1s, duration: 5s, rate: 4, owner: us}"
    scenario = load_plan_file("scenarios.yaml", f"scenarios: {{up: {body}}}").scenarios["up"]
    assert load_scenario(scenario.dump()) == scenario  # as it goes to the workers
    assert scenario.dump()["owner"] == "us"
    assert "owner" in str(scenarios_schema())
    """,
)
REPORT = Addition(
    "a report",
    (
        (
            "jobload/report/files/one_word.py",
            "",
            '''
            """verdict.txt: one word."""

            from jobload.report.result.model import Result


            def one_word(result: Result) -> str:
                return result.status
            ''',
        ),
        (
            "jobload/report/files/write.py",
            '    yield "summary.md"',
            '    yield "verdict.txt", lambda: one_word(result)\n',
        ),
        (
            "jobload/report/files/write.py",
            "from jobload.report.files.markdown",
            "from jobload.report.files.one_word import one_word\n",
        ),
    ),
    """
    import sys, tempfile
    sys.path.insert(0, TESTS)
    from made_result import full_result, full_run
    from jobload.report.files.write import write_reports

    folder = write_reports(full_result(), full_run(), tempfile.mkdtemp(), {})
    assert (folder / "verdict.txt").read_text() == full_result().status
    """,
)
USER_CLASS = Addition(
    "a user class",
    (
        (
            "jobload/load/users/job_counter.py",
            "",
            '''
            """Counts jobs."""

            from jobload.load.users.job_submitter import JobSubmitter


            class JobCounter(JobSubmitter):
                """Asks how many there are."""
            ''',
        ),
        (
            "jobload/__init__.py",
            '    "JobWatcher":',
            '    "JobCounter": "jobload.load.users.job_counter",\n',
        ),
        ("locustfile.py", "install(events)", "from jobload import JobCounter\n\n"),
    ),
    """
    import locust
    from locust.util.load_locustfile import load_locustfile

    users = load_locustfile("locustfile.py")[0]
    assert "JobCounter" in users
    """,
)
HTTP_FEATURE = Addition(
    "an HTTP feature",
    (
        ("jobload/plan/scenario_fields.py", "    seed: Annotated[int", '    accept: str = "*/*"\n'),
        (
            "jobload/load/users/workload.py",
            "RUN_HEADER: run_id}",
            '"Accept": scenario.accept, ',
        ),
    ),
    """
    import locust
    from jobload.load.http.origin import Origin
    from jobload.load.users.workload import Workload
    from jobload.plan.plan_file import load_plan_file

    body = "{shape: ramp, users: 4, ramp_up: 1s, duration: 5s, rate: 4, accept: text/csv}"
    scenario = load_plan_file("scenarios.yaml", f"scenarios: {{up: {body}}}").scenarios["up"]
    workload = Workload.of(scenario, Origin.parse("http://127.0.0.1:1"), {}, "run")
    assert b"Accept: text/csv\\r\\n" in workload.requests(1, b"1-").render(1)
    """,
)
ADDITIONS = (COUNTER, METRIC, SHAPE, FIELD, USER_CLASS, REPORT, HTTP_FEATURE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name)  # also what is compiled already
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def add(addition: Addition, tree: Path) -> None:
    for file, anchor, text in addition.edits:
        path = tree / file
        if not anchor:
            path.write_text(dedent(text))
            continue
        before = path.read_text()
        assert anchor in before, f"{file} has no {anchor!r} any more: say where it goes now"
        at = before.index(anchor)
        path.write_text(before[:at] + (dedent(text) if "\n\n" in text else text) + before[at:])


def proof(addition: Addition, tree: Path) -> subprocess.CompletedProcess[str]:
    program = f"TESTS = {str(ROOT / 'tests')!r}\n" + dedent(addition.proof)
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.processes
@pytest.mark.parametrize("addition", ADDITIONS, ids=str)
def test_to_add_one_touches_few_places_and_then_it_works(addition: Addition, copy: Path) -> None:
    assert proof(addition, copy).returncode != 0  # not there yet
    add(addition, copy)
    done = proof(addition, copy)
    assert done.returncode == 0, done.stderr
    assert len(set(addition.places)) <= MOST_PLACES


@pytest.mark.parametrize("addition", ADDITIONS, ids=str)
def test_the_table_in_architecture_names_those_places(addition: Addition) -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    rows = {row["what"].strip(): row["places"] for row in ROW.finditer(text)}
    named = rows[addition.what]
    for place in addition.places:
        folder = place.rpartition("/")[0] + "/"
        assert f"`{place}`" in named or f"`{folder}`" in named, f"{addition.what}: {place}"
