"""action.yml and the GitLab template: their shell steps, run as they are written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest
from comments_api import CommentsApi, comments_api
from made_result import result_of
from made_run import Beat, MadeRun, light
from ruamel.yaml import YAML

from jobload.lifecycle.setting_names import warnings_about
from jobload.report.files.history_entry import history_entry
from jobload.report.files.write import to_json
from jobload.report.result.model import Result

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[1]
ACTION: dict[str, Any] = YAML(typ="safe").load(ROOT / "action.yml")
TEMPLATE: dict[str, Any] = YAML(typ="safe").load(ROOT / "deploy/gitlab/jobload.gitlab-ci.yml")
PRETENDER = """#!/bin/bash
# `run` leaves the next of the prepared runs and ends with its code; all else is the real command.
[ "$1" = run ] || exec {real} "$@"
echo "$@" >>calls
env >environ
read -r id code <<<"$(sed -n "$(wc -l <calls)p" {prepared}/order)"
mkdir -p ".jobload/results/$id"
cp "{prepared}/$id/result.json" ".jobload/results/$id/"
cat "{prepared}/$id/history" >>.jobload/results/history.jsonl
ln -sfn "$id" .jobload/results/latest
exit "$code"
"""


@cache
def measured(number: int, ms: float) -> Result:
    random = Random(number)
    run = MadeRun()
    run.play(light(), lambda *_: Beat(ms=[ms * random.lognormvariate(0, 0.05) for _ in range(50)]))
    return result_of(run.end())


def made(number: int, ms: float, **changes: Any) -> Result:
    own = {"run_id": f"20261122-110500-{number:06x}"}
    return measured(number, ms).model_copy(update=own | changes)


@dataclass
class Pipeline:
    """A checkout with a pretended jobload that makes no load, and what the steps leave in it."""

    folder: Path
    api: CommentsApi
    home: Path
    runs: int = 0
    environ: dict[str, str] = field(default_factory=dict)

    def next_run(self, ms: float, code: int = 0, **changes: Any) -> str:
        self.runs += 1
        result = made(self.runs, ms, **changes)
        prepared = self.home / "prepared"
        (prepared / result.run_id).mkdir(parents=True)
        (prepared / result.run_id / "result.json").write_text(to_json(result))
        line = json.dumps(history_entry(result)) + "\n"
        (prepared / result.run_id / "history").write_text(line)
        with (prepared / "order").open("a") as order:
            order.write(f"{result.run_id} {code}\n")
        return result.run_id

    @property
    def outcome(self) -> dict[str, str]:
        lines = (self.folder / ".jobload/outcome").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    @property
    def baseline(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob(".jobload/baseline/*/"))

    @property
    def base(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), **self.environ}


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    home, folder = tmp_path / "action", tmp_path / "checkout"
    binaries = home / ".venv/bin"
    binaries.mkdir(parents=True)
    folder.mkdir()
    (home / "deploy").symlink_to(ROOT / "deploy")
    (home / "Makefile").write_text("setup:\n\ttouch installed\n")
    (binaries / "python").symlink_to(sys.executable)
    pretender = binaries / "jobload"
    real = Path(sys.executable).parent / "jobload"
    pretender.write_text(PRETENDER.format(real=real, prepared=home / "prepared"))
    pretender.chmod(0o755)
    with comments_api() as api:
        yield Pipeline(folder, api, home)


# --- GitHub ---------------------------------------------------------------------------------


@dataclass
class Job:
    code: int
    outputs: dict[str, str]
    summary: str
    said: str


def github(pipeline: Pipeline, *, event: str = "pull_request", **inputs: str) -> Job:
    """The steps of action.yml one after the other, as the runner does."""
    temp = pipeline.folder.parent
    paths = {name: temp / name for name in ("output", "env", "summary", "event")}
    for path in paths.values():
        path.write_text("")
    about: dict[str, Any] = {"repository": {"default_branch": "main"}}
    if event == "pull_request":
        about["pull_request"] = {"number": 7}
    paths["event"].write_text(json.dumps(about))
    known = {name: spec["default"] for name, spec in ACTION["inputs"].items()} | inputs
    known.setdefault("token", pipeline.api.token)
    if known["token"].startswith("${{"):
        known["token"] = pipeline.api.token
    outputs: dict[str, str] = {}
    job = Job(0, outputs, "", "")
    for step in ACTION["runs"]["steps"]:
        if "uses" in step or not _is_wanted(step, event, known["comment"]):
            continue
        environ = pipeline.base | {
            "GITHUB_ACTION_PATH": str(pipeline.home),
            "GITHUB_API_URL": pipeline.api.url,
            "GITHUB_REPOSITORY": "our/api",
            "GITHUB_EVENT_PATH": str(paths["event"]),
            "GITHUB_OUTPUT": str(paths["output"]),
            "GITHUB_ENV": str(paths["env"]),
            "GITHUB_STEP_SUMMARY": str(paths["summary"]),
            **_pairs(paths["env"]),
        }
        environ |= {k: _filled_in(v, known, outputs) for k, v in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=pipeline.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
        outputs |= _pairs(paths["output"])
        job.said += done.stdout + done.stderr
        job.code = done.returncode
        if job.code:
            break
    job.summary = paths["summary"].read_text()
    return job


def _is_wanted(step: dict[str, Any], event: str, comment: str) -> bool:
    """What each `if:` of the file says; another one must be said here as well."""
    conditions = {
        None: True,
        "inputs.comment == 'true' && github.event_name == 'pull_request'": comment == "true"
        and event == "pull_request",
        "github.event_name != 'pull_request' && github.ref_name =="
        " github.event.repository.default_branch": event == "push",
    }
    return conditions[step.get("if")]


def _filled_in(text: str, inputs: dict[str, str], outputs: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        *where, name = match[1].split(".")
        return inputs[name] if where == ["inputs"] else outputs[name]

    return re.sub(r"\$\{\{ (.*?) \}\}", value, text)


def _pairs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def test_the_first_run_of_a_pull_request_has_nothing_to_be_compared_with(
    pipeline: Pipeline,
) -> None:
    pipeline.next_run(20)
    job = github(pipeline)
    assert job.code == 0
    assert job.outputs == {"code": "0", "status": "PASS", "comparison": "no baseline"}
    (comment,) = pipeline.api.comments.values()
    assert comment.startswith("<!-- jobload: jobload -->\n### jobload: no baseline")
    assert pipeline.baseline == []
    assert (pipeline.home / "installed").exists()


def kept_by_main(pipeline: Pipeline, count: int = 3) -> None:
    """As `keep.sh` leaves them."""
    for number in range(900, 900 + count):
        result = made(number, 20)
        folder = pipeline.folder / ".jobload/baseline" / result.run_id
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(to_json(result))


def test_a_pull_request_is_compared_with_the_main_branch_in_one_comment_that_is_renewed(
    pipeline: Pipeline,
) -> None:
    pipeline.api.comments = {n: f"comment {n}" for n in range(1, 131)}
    for _ in range(2):
        pipeline.next_run(20)
        assert github(pipeline, event="push").code == 0
    assert len(pipeline.api.comments) == 130
    assert len(pipeline.baseline) == 2

    slow = pipeline.next_run(27)
    job = github(pipeline)
    assert (job.code, job.outputs["comparison"]) == (0, "worse")
    assert job.outputs["status"] == "PASS"
    assert len(pipeline.api.comments) == 131
    comment = pipeline.api.comments[131]
    assert slow in comment
    assert "```mermaid\nxychart-beta" in comment
    assert "light p50" in comment
    assert comment.partition("\n")[2].strip() in job.summary

    fast = pipeline.next_run(20)
    job = github(pipeline)
    assert job.outputs["comparison"] == "no alarm"
    assert len(pipeline.api.comments) == 131
    assert fast in pipeline.api.comments[131]
    assert slow not in pipeline.api.comments[131]
    assert len(pipeline.baseline) == 2


def test_the_comment_has_the_text_of_compare_markdown(pipeline: Pipeline) -> None:
    kept_by_main(pipeline, 1)
    pipeline.next_run(20)
    github(pipeline)
    runs = (f".jobload/baseline/{pipeline.baseline[0]}", ".jobload/results/latest")
    options = ("--across-versions", "--markdown")
    same = subprocess.run(
        [str(pipeline.home / ".venv/bin/jobload"), "compare", *runs, *options],
        cwd=pipeline.folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert same.stdout
    assert same.stdout in pipeline.api.comments[1]


def test_worse_fails_the_job_only_when_that_is_asked_for(pipeline: Pipeline) -> None:
    kept_by_main(pipeline)
    pipeline.next_run(27)
    job = github(pipeline, **{"fail-on-worse": "true"})
    assert (job.code, job.outputs["comparison"]) == (1, "worse")


@pytest.mark.parametrize(
    ("codes", "code", "status", "comparison"),
    [
        ([1], 1, "FAIL", "no alarm"),
        ([2], 2, "configuration error", "not compared"),
        ([3, 3], 3, "INVALID", "not compared"),
        ([3, 0], 0, "PASS", "no alarm"),
        ([3, 1], 1, "FAIL", "no alarm"),
        ([143], 143, "INVALID", "not compared"),
    ],
    ids=str,
)
def test_the_verdict_of_the_run_is_that_of_the_job_and_invalid_is_tried_again(
    pipeline: Pipeline, codes: list[int], code: int, status: str, comparison: str
) -> None:
    kept_by_main(pipeline)
    for each in codes:
        pipeline.next_run(20, each)
    job = github(pipeline)
    assert job.code == code
    assert job.outputs == {"code": str(code), "status": status, "comparison": comparison}
    assert f"**{status}** (exit code {code})" in pipeline.api.comments[1]
    calls = (pipeline.folder / "calls").read_text().splitlines()
    assert len(calls) == len(codes)


def test_a_profile_is_told_as_one_and_not_as_a_pass(pipeline: Pipeline) -> None:
    kept_by_main(pipeline)
    pipeline.next_run(20, status="PROFILED", profile_only=True)
    job = github(pipeline, args="--scenario light --profile-only")
    assert job.outputs == {"code": "0", "status": "PROFILED", "comparison": "no alarm"}
    assert "**PROFILED** (exit code 0)" in pipeline.api.comments[1]


@pytest.mark.parametrize("between", [" ", "\n"], ids=["a line", "several lines"])
def test_host_and_options_reach_the_command_as_they_are(pipeline: Pipeline, between: str) -> None:
    pipeline.next_run(20)
    args = f"--scenario orders{between}--set rate=5 --results elsewhere"
    github(pipeline, host="http://api:8000", args=args)
    assert (pipeline.folder / "calls").read_text() == (
        "run --scenario orders --set rate=5 --results elsewhere --host http://api:8000"
        " --results .jobload/results\n"
    )


@pytest.mark.parametrize("where", ["github", "gitlab"])
def test_what_the_pipeline_is_told_is_not_taken_for_settings_of_jobload(
    pipeline: Pipeline, where: str
) -> None:
    pipeline.environ["JOBLOAD_REPOSITORY"] = "https://git.example.org/jobload.git"
    pipeline.environ["JOBLOAD_KEEP_RUNS"] = "2"
    pipeline.next_run(20)
    host = "http://api:8000"
    github(pipeline, host=host) if where == "github" else gitlab(pipeline, JOBLOAD_HOST=host)
    seen = _pairs(pipeline.folder / "environ")
    assert seen["JOBLOAD_KEEP_RUNS"] == "2"
    assert [
        name for name in seen if name.startswith("JOBLOAD_") and [*warnings_about({name: "1"})]
    ] == []


def test_what_is_of_others_in_an_input_is_no_command(pipeline: Pipeline) -> None:
    pipeline.next_run(20)
    evil = "--scenario $(touch${IFS}owned) `touch owned` ; touch owned"
    job = github(pipeline, args=evil, host='"; touch owned; "', name="--> $(touch owned)")
    assert job.code == 0, job.said
    assert not [*pipeline.folder.rglob("owned")]
    assert pipeline.api.comments[1].startswith("<!-- jobload: -> $(touch owned) -->\n")


@pytest.mark.parametrize("why", ["read only", "no token", "wrong token", "no server", "breaks off"])
def test_where_no_comment_may_be_the_summary_has_the_text(pipeline: Pipeline, why: str) -> None:
    pipeline.next_run(20)
    pipeline.api.read_only = why == "read only"
    pipeline.api.breaks_off = frozenset({"GET"} if why == "breaks off" else ())
    token = {"no token": "", "wrong token": "other"}.get(why, pipeline.api.token)
    if why == "no server":
        pipeline.api.url = "http://127.0.0.1:1"
    job = github(pipeline, token=token)
    assert job.code == 0
    assert "No comment: " in job.said
    assert "The summary of the job has the same text." in job.said
    assert "no baseline" in job.summary
    assert pipeline.api.comments == {}
    assert "t0ken" not in job.said


def test_a_comment_of_somebody_else_with_the_mark_is_left_alone(pipeline: Pipeline) -> None:
    pipeline.next_run(20)
    pipeline.api.comments = {1: "<!-- jobload: jobload -->\nforged"}
    pipeline.api.others = {1}
    assert github(pipeline).code == 0
    assert pipeline.api.comments[1].endswith("forged")
    assert "no baseline" in pipeline.api.comments[2]
    pipeline.next_run(20, 1)
    github(pipeline)
    assert len(pipeline.api.comments) == 2
    assert "**FAIL** (exit code 1)" in pipeline.api.comments[2]


def test_an_answer_that_breaks_off_makes_no_second_comment(pipeline: Pipeline) -> None:
    for breaks_off in (frozenset[str](), {"PATCH"}):
        pipeline.next_run(20)
        pipeline.api.breaks_off = frozenset(breaks_off)
        job = github(pipeline)
    assert "No comment: PATCH failed" in job.said
    assert [*pipeline.api.comments] == [1]


def test_an_invalid_run_of_the_main_branch_is_no_baseline(pipeline: Pipeline) -> None:
    for _ in range(2):
        pipeline.next_run(20, 3, status="INVALID")
    job = github(pipeline, event="push")
    assert job.code == 3
    assert "INVALID: not kept" in job.said
    assert pipeline.baseline == []


def test_runs_of_another_plan_are_passed_over_and_when_all_are_it_is_said(
    pipeline: Pipeline,
) -> None:
    kept_by_main(pipeline, 1)
    other = pipeline.next_run(20, topology=made(1, 20).topology.model_copy(update={"workers": []}))
    job = github(pipeline, event="push")
    assert (job.code, job.outputs["comparison"]) == (0, "not compared")
    assert "differ in the number of workers" in job.summary
    pipeline.next_run(20)
    job = github(pipeline)
    assert job.outputs["comparison"] == "no alarm"
    assert other not in pipeline.api.comments[1]


def test_the_main_branch_sees_its_history_of_the_runs_that_are_kept(pipeline: Pipeline) -> None:
    pipeline.environ["JOBLOAD_KEEP_RUNS"] = "2"
    for count in (1, 2, 3):
        kept = pipeline.next_run(20)
        job = github(pipeline, event="push")
        assert len(pipeline.baseline) == min(count, 2)
        assert kept in pipeline.baseline
    assert "light  3 runs, plan " in job.summary
    assert "3 runs are too few" in job.summary


def test_every_action_of_others_is_pinned_by_its_commit() -> None:
    used = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/cache/(restore|save)@[0-9a-f]{40}", each) for each in used)


def test_outputs_are_those_of_steps_that_are_there() -> None:
    ids = {step.get("id") for step in ACTION["runs"]["steps"]}
    for output in ACTION["outputs"].values():
        found = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.\w+ \}\}", output["value"])
        assert found is not None
        assert found[1] in ids


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        (["vendor.github-actions"], "action.yml"),
        (
            ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
            "deploy/gitlab/jobload.gitlab-ci.yml",
        ),
    ],
    ids=["action", "template"],
)
def test_a_file_meets_its_schema(schema: list[str], file: str) -> None:
    check = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", *schema]
    done = subprocess.run([*check, ROOT / file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


# --- GitLab ---------------------------------------------------------------------------------


def gitlab(pipeline: Pipeline, *, branch: str | None = None, **variables: str) -> Job:
    """The lines of the template in one shell, as GitLab's runner has them."""
    job = TEMPLATE[".jobload"]
    lines = ["set -eo pipefail", *job["before_script"], *job["script"]]
    environ = pipeline.base | job["variables"] | {"JOBLOAD_HOME": str(pipeline.home)}
    environ |= {
        "CI_API_V4_URL": pipeline.api.url,
        "CI_PROJECT_ID": "12",
        "CI_JOB_NAME": "load test",
        "CI_JOB_TOKEN": "of the job",
        "CI_DEFAULT_BRANCH": "main",
        "JOBLOAD_COMMENT_TOKEN": pipeline.api.token,
    }
    environ |= {"CI_MERGE_REQUEST_IID": "7"} if branch is None else {"CI_COMMIT_BRANCH": branch}
    shutil.rmtree(pipeline.folder / ".jobload", ignore_errors=True)
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=pipeline.folder,
        env=environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    text = pipeline.folder / ".jobload/comparison.md"
    summary = text.read_text() if text.exists() else ""
    if branch == "main":
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in (pipeline.folder / ".jobload/baseline").rglob("*"):
                archive.write(path, path.relative_to(pipeline.folder))
        pipeline.api.artifacts = packed.getvalue()
    return Job(done.returncode, pipeline.outcome, summary, done.stdout + done.stderr)


def test_a_merge_request_is_compared_with_the_artifacts_of_the_main_branch(
    pipeline: Pipeline,
) -> None:
    for _ in range(2):
        pipeline.next_run(20)
        job = gitlab(pipeline, branch="main")
        assert job.code == 0, job.said
    assert len(pipeline.baseline) == 2
    assert pipeline.api.comments == {}

    slow = pipeline.next_run(27)
    job = gitlab(pipeline)
    assert (job.code, job.outputs["comparison"]) == (0, "worse")
    assert pipeline.api.comments[1].startswith("<!-- jobload: load test -->")
    assert slow in pipeline.api.comments[1]

    pipeline.next_run(27)
    assert gitlab(pipeline, JOBLOAD_FAIL_ON_WORSE="true").code == 1
    assert len(pipeline.api.comments) == 1
    assert slow not in pipeline.api.comments[1]


def test_a_merge_request_without_a_token_or_a_baseline_keeps_its_verdict(
    pipeline: Pipeline,
) -> None:
    pipeline.next_run(20, 1)
    job = gitlab(pipeline, JOBLOAD_COMMENT_TOKEN="")
    assert (job.code, job.outputs["comparison"]) == (1, "no baseline")
    assert "No comment: there is no token in JOBLOAD_COMMENT_TOKEN" in job.said
    assert "no baseline" in job.said
