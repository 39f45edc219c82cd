"""The command itself: what it writes from nothing, what it refuses, what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobload.cli import main

from .replayed import read_back, written

DOCUMENTS = Path(__file__).parent / "documents"


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """The one sentence said; nothing else, and no traceback."""
    assert main(["init", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (sentence,) = said.err.splitlines()
    return sentence


def test_from_nothing_two_files_are_written_that_validate(tmp_path: Path) -> None:
    file = written(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} == {"scenarios.yaml", "thresholds.yaml"}
    assert [step.label for step in read_back(file).all_flows["first"].steps] == ["submit", "look"]


def test_it_says_what_to_do_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--into", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"jobload validate --scenarios {tmp_path}/scenarios.yaml" in said
    assert f"jobload run --scenarios {tmp_path}/scenarios.yaml --scenario first" in said


def test_the_folder_is_made_where_it_is_not_there(tmp_path: Path) -> None:
    written(tmp_path / "a" / "b")


@pytest.mark.parametrize("there", ["scenarios.yaml", "thresholds.yaml"])
def test_nothing_is_overwritten_and_nothing_else_written(
    there: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / there).write_text("mine")
    sentence = refused(capsys, "--into", str(tmp_path))
    assert sentence.startswith(f"{tmp_path}/{there}: is there already, so nothing was written")
    assert [each.name for each in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_every_file_that_is_in_the_way_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path)
    capsys.readouterr()
    assert main(["init", "--into", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_folder_that_can_not_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert "can't be written" in refused(capsys, "--into", str(tmp_path / "file" / "x"))


@pytest.mark.parametrize(
    "options",
    [
        ["--operation", "a"],
        ["--har", "x", "--operation", "a"],
        ["--pauses"],
        ["--openapi", "x", "--har", "y"],
    ],
    ids=str,
)
def test_options_that_do_not_go_together_are_told(options: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["init", *options])
    assert end.value.code == 2


@pytest.mark.parametrize("option", ["--openapi", "--har"])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b'{"a": ', ":1:7: is not JSON here"),
        (b"[1, 2]", "is no"),
        (b'"text"', "is no"),
        (b"\xff\xfe", "byte 0xff is not UTF-8; save the file as UTF-8"),
        (b'{"a":' * 5000, "is"),
        (b"[" * 1_000, "is"),
        (b'{"a": NaN}', "is not JSON here"),
    ],
    ids=range(9),
)
def test_what_can_not_be_read_is_one_sentence(
    option: str, content: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").write_bytes(content)
    said = refused(capsys, option, str(tmp_path / "in"), "--into", str(tmp_path / "out"))
    assert said.startswith(f"{tmp_path}/in")
    assert sentence in said or ("UTF-8" not in sentence and "not JSON" in said)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--openapi", "--har"])
def test_a_file_that_is_not_there_is_told(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "can't be read: No such file" in refused(capsys, option, str(tmp_path / "none"))
    assert "can't be read: Is a directory" in refused(capsys, option, str(tmp_path))


@pytest.mark.parametrize("option", ["--openapi", "--har", "--curl"])
def test_a_variable_of_the_shell_that_is_empty_is_no_wish_for_a_draft_from_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["init", option, "", "--into", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    marked = tmp_path / "api.json"
    marked.write_bytes(b"\xef\xbb\xbf" + (DOCUMENTS / "fastapi.json").read_bytes())
    written(tmp_path / "out", "--openapi", str(marked))


@pytest.mark.processes
def test_a_run_knows_nothing_of_init() -> None:
    """What reads OpenAPI is slow to import."""
    import subprocess
    import sys

    code = (
        "import jobload.cli, sys; print([m for m in sys.modules if m.startswith('jobload.init')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(["jobload.init", "jobload.init.init_command"])


def test_a_name_that_is_much_too_long_still_makes_a_plan(tmp_path: Path) -> None:
    document = json.loads((DOCUMENTS / "fastapi.json").read_text())
    document["info"]["title"] = "Ä b\n" * 100
    document["paths"]["/renders/"]["get"]["operationId"] = "x y\tü" * 100
    document["paths"]["/renders/"]["get"]["summary"] = "one\u2028two # \x07" * 50
    (tmp_path / "long.json").write_text(json.dumps(document))
    written(tmp_path / "out", "--openapi", str(tmp_path / "long.json"))


def test_what_a_document_says_can_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = json.loads((DOCUMENTS / "fastapi.json").read_text())
    document["paths"]["/red\x1b[31m\r\n/{x}"] = {"get": {"responses": {}}}
    document["paths"]["/renders/"]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ] = {"scene": "\x1b[2J"}
    (tmp_path / "in.json").write_text(json.dumps(document))
    assert main(["init", "--openapi", str(tmp_path / "in.json"), "--into", str(tmp_path)]) == 0
    shown = capsys.readouterr().out + (tmp_path / "scenarios.yaml").read_text()
    assert "GET /red [31m /{x}" in shown
    assert "\x1b" not in shown


def test_a_folder_that_can_not_be_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--into", "x" * 300]) == 2
    assert "can't be written: File name too long" in capsys.readouterr().err


def test_an_operation_whose_id_nobody_can_make_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Asked for by name, as those are that need an id which no POST gives."""
    pattern = {"name": "id", "in": "path", "schema": {"type": "string", "pattern": "(["}}
    paths = {"/things/{id}": {"get": {"parameters": [pattern], "responses": {"200": {}}}}}
    document = tmp_path / "api.json"
    document.write_text(json.dumps({"openapi": "3.1.0", "paths": paths}))
    sentence = refused(capsys, "--openapi", str(document), "--operation", "GET /things/{id}")
    assert "no text could be made for the pattern '(['" in sentence
