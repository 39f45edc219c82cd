from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path
from time import time
from typing import Any

import pytest
from made_result import full_result, full_run
from made_run import RUN_ID

from jobload.measure.figures import RunFigures
from jobload.report.files import write
from jobload.report.files.history import read_history
from jobload.report.files.write import ReportError, check_results_dir, write_reports
from jobload.report.result.model import Result

FILES = {
    *("result.json", "junit.xml", "summary.md", "benchmark.json"),
    *("report.html", "histogram.hgrm", "histograms"),
}


@pytest.fixture(scope="module")
def run() -> RunFigures:
    return full_run()


def named(run_id: str) -> Result:
    return full_result().model_copy(update={"run_id": run_id})


def written(run: RunFigures, results: Path, run_id: str = RUN_ID, **environ: str) -> Path:
    return write_reports(named(run_id), run, results, environ)


def leftovers(results: Path) -> list[str]:
    return [path.name for path in results.iterdir() if path.name.startswith(".")]


def test_a_run_has_a_folder_with_all_its_reports(run: RunFigures, tmp_path: Path) -> None:
    results = tmp_path / "deep" / "results"
    folder = written(run, results)
    assert folder == results / RUN_ID
    assert {path.name for path in folder.iterdir()} >= FILES
    assert json.loads((folder / "result.json").read_text())["run_id"] == RUN_ID
    assert not leftovers(results)


def test_there_is_a_histogram_of_the_run_and_of_each_stage(run: RunFigures, tmp_path: Path) -> None:
    folder = written(run, tmp_path)
    total = (folder / "histogram.hgrm").read_text()
    assert f"Total count    = {run.total().succeeded:12d}" in total
    names = [path.name for path in sorted((folder / "histograms").iterdir())]
    assert names[:3] == ["01-light-hold.hgrm", "01-light-ramp-up.hgrm", "02-spike-baseline.hgrm"]
    assert len(names) == len(run.stages)
    assert "Total count    =         1250" in (folder / "histograms" / names[0]).read_text()


def test_latest_points_at_the_newest_run(run: RunFigures, tmp_path: Path) -> None:
    written(run, tmp_path, "20261122-110500-aaaaaa")
    written(run, tmp_path, "20261122-110600-bbbbbb")
    assert (tmp_path / "latest").readlink() == Path("20261122-110600-bbbbbb")
    assert (tmp_path / "latest" / "result.json").is_file()


def test_latest_replaces_a_link_that_leads_nowhere(run: RunFigures, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("gone")
    folder = written(run, tmp_path)
    assert (tmp_path / "latest").resolve() == folder.resolve()


def test_each_run_adds_one_line_to_the_history(run: RunFigures, tmp_path: Path) -> None:
    written(run, tmp_path, "20261122-110500-aaaaaa")
    written(run, tmp_path, "20261122-110600-bbbbbb")
    first, second = map(json.loads, (tmp_path / "history.jsonl").read_text().splitlines())
    assert (first["run_id"], second["run_id"]) == (
        "20261122-110500-aaaaaa",
        "20261122-110600-bbbbbb",
    )
    assert first["status"] == "FAIL"
    assert first["scenarios"] == ["light", "spike", "stress", "endurance"]
    assert first["p99_latency_ms"] == full_result().total.p99_latency_ms


def test_old_runs_are_removed_beyond_the_number_to_keep(run: RunFigures, tmp_path: Path) -> None:
    ids = [f"20261122-11050{n}-aaaaaa" for n in range(5)]
    for run_id in ids:
        written(run, tmp_path, run_id, JOBLOAD_KEEP_RUNS="3")
    kept = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert kept == sorted([*ids[2:], "latest"])
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 5


def test_only_folders_of_runs_are_ever_removed(run: RunFigures, tmp_path: Path) -> None:
    mine = ["20200101-000000-abcdef", "notes", "20200101-000000-abcdef.bak"]
    for name in mine:
        (tmp_path / name).mkdir()
    written(run, tmp_path, "20261122-110500-aaaaaa", JOBLOAD_KEEP_RUNS="1")
    written(run, tmp_path, "20261122-110600-bbbbbb", JOBLOAD_KEEP_RUNS="1")
    names = {path.name for path in tmp_path.iterdir()}
    assert set(mine) <= names
    assert "20261122-110500-aaaaaa" not in names


@pytest.mark.parametrize("setting", ["", "0", "-1", "many", "²"])
def test_a_number_to_keep_that_is_none_keeps_the_default(
    run: RunFigures, tmp_path: Path, setting: str
) -> None:
    for n in range(60):
        earlier = tmp_path / f"20261122-1104{n:02}-aaaaaa"
        earlier.mkdir()
        (earlier / "result.json").touch()
    written(run, tmp_path, JOBLOAD_KEEP_RUNS=setting)
    assert len([*tmp_path.glob("2026*")]) == 50


def test_what_a_killed_run_left_is_swept_once_it_is_old(run: RunFigures, tmp_path: Path) -> None:
    old, fresh = (tmp_path / f".20261122-110500-{end}.77" for end in ("aaaaaa", "bbbbbb"))
    for path in (old, fresh):
        path.mkdir()
    links = old_link, fresh_link = [tmp_path / f".latest.20261122-110500-{n * 6}" for n in "ab"]
    for link in links:
        link.symlink_to(link.name.removeprefix(".latest."))
    for path in (old, old_link):
        os.utime(path, (time() - 7200, time() - 7200), follow_symlinks=False)
    written(run, tmp_path)
    assert {*leftovers(tmp_path)} == {fresh.name, fresh_link.name}


def test_the_summary_is_added_to_the_one_of_the_workflow(run: RunFigures, tmp_path: Path) -> None:
    summary = tmp_path / "step.md"
    summary.write_text("before\n")
    folder = written(run, tmp_path / "results", GITHUB_STEP_SUMMARY=str(summary))
    assert summary.read_text() == f"before\n{(folder / 'summary.md').read_text()}\n"


# --- trouble --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "x" * 300, "/dev/null", "/proc/x"])
def test_a_folder_that_can_not_be_is_told_before_any_load(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_results_dir(name)
    assert list(tmp_path.iterdir()) == []


def test_two_that_look_at_once_do_not_refuse_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In containers both may have the same number of process."""
    others: list[str | None] = []
    sync = os.fsync

    def look_meanwhile(descriptor: int) -> None:
        sync(descriptor)
        if not others:
            others.append("looks")
            others[0] = check_results_dir(tmp_path)

    monkeypatch.setattr(os, "fsync", look_meanwhile)
    assert check_results_dir(tmp_path) is None
    assert others == [None]
    assert list(tmp_path.iterdir()) == []


def test_two_that_end_at_once_remove_old_runs_together(
    run: RunFigures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(run, tmp_path, "20261122-110500-aaaaaa")
    remove = shutil.rmtree

    def after_the_other(folder: Path) -> None:
        remove(folder)
        remove(folder)

    monkeypatch.setattr(shutil, "rmtree", after_the_other)
    written(run, tmp_path, "20261122-110600-bbbbbb", JOBLOAD_KEEP_RUNS="1")
    assert [path.name for path in tmp_path.glob("2026*")] == ["20261122-110600-bbbbbb"]


def test_an_old_run_that_lists_what_is_not_there_is_told_and_not_removed_for_ever(
    run: RunFigures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As shares of some virtual machines and of SMB do."""
    written(run, tmp_path, "20261122-110500-aaaaaa")
    tried: list[Path] = []

    def lists_a_ghost(folder: Path) -> None:
        tried.append(folder)
        assert len(tried) < 1000
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(shutil, "rmtree", lists_a_ghost)
    with pytest.raises(ReportError, match="could not be removed: No such file"):
        written(run, tmp_path, "20261122-110600-bbbbbb", JOBLOAD_KEEP_RUNS="1")


def test_a_results_folder_that_is_a_file_is_one_sentence(run: RunFigures, tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(ReportError) as raised:
        written(run, tmp_path / "results")
    assert str(raised.value) == (
        f"The reports could not be written to {tmp_path}/results/{RUN_ID}: File exists."
    )
    assert raised.value.folder is None


def test_a_full_disk_leaves_nothing_half_written(
    run: RunFigures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *_: Any, **__: Any) -> int:
        if self.name == "summary.md":
            raise OSError(errno.ENOSPC, "No space left on device")
        self.touch()
        return 0

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ReportError, match="No space left on device"):
        written(run, tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_line_that_a_full_disk_cuts_off_is_told_and_takes_no_other_with_it(
    run: RunFigures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote: list[int] = []

    def full(descriptor: int, data: bytes) -> int:
        if wrote:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        wrote.append(write_some(descriptor, data[:96]))
        return wrote[0]

    write_some = os.write
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ReportError, match=r"history\.jsonl could not be written: No space left"):
        written(run, tmp_path, "20261122-110500-aaaaaa")
    monkeypatch.undo()
    written(run, tmp_path, "20261122-110600-bbbbbb")
    entries, unreadable = read_history(tmp_path)
    assert ([entry.run_id for entry in entries], unreadable) == (["20261122-110600-bbbbbb"], 1)


def test_a_report_that_can_not_be_made_does_not_take_the_others_with_it(
    run: RunFigures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Result) -> str:
        raise KeyError("no such stage")

    monkeypatch.setattr(write, "junit_xml", broken)
    with pytest.raises(ReportError) as raised:
        written(run, tmp_path)
    assert "junit.xml could not be made: KeyError: 'no such stage'." in str(raised.value)
    folder = raised.value.folder
    assert folder is not None
    assert folder == tmp_path / RUN_ID
    assert FILES - {"junit.xml"} <= {path.name for path in folder.iterdir()}
    assert (tmp_path / "history.jsonl").exists()
    assert (tmp_path / "latest").exists()


def test_a_latest_that_is_a_folder_is_told_and_the_reports_stand(
    run: RunFigures, tmp_path: Path
) -> None:
    (tmp_path / "latest" / "mine").mkdir(parents=True)
    with pytest.raises(ReportError, match="latest could not be set") as raised:
        written(run, tmp_path)
    assert raised.value.folder is not None
    assert (raised.value.folder / "result.json").is_file()
    assert (tmp_path / "latest" / "mine").is_dir()
    assert not leftovers(tmp_path)


def test_a_workflow_summary_that_can_not_be_written_is_told(
    run: RunFigures, tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "gone" / "step.md")
    with pytest.raises(ReportError, match="No such file or directory") as raised:
        written(run, tmp_path, GITHUB_STEP_SUMMARY=nowhere)
    assert raised.value.folder == tmp_path / RUN_ID


def test_a_run_never_overwrites_another_of_its_name(run: RunFigures, tmp_path: Path) -> None:
    folder = written(run, tmp_path)
    before = (folder / "result.json").read_bytes()
    with pytest.raises(ReportError, match="exists already"):
        written(run, tmp_path)
    assert (folder / "result.json").read_bytes() == before
    assert not leftovers(tmp_path)


def test_pipes_that_nobody_reads_keep_no_run(run: RunFigures, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    os.mkfifo(tmp_path / "results" / "history.jsonl")
    os.mkfifo(tmp_path / "summary")
    with pytest.raises(ReportError, match=r"history\.jsonl could not be written") as told:
        written(run, tmp_path / "results", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert "The summary could not be added" in str(told.value)
    assert (tmp_path / "results" / RUN_ID / "report.html").exists()
