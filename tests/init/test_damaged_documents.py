"""Whatever stands in a document: a plan that validates or a sentence, and soon."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ruamel.yaml import YAML

from init.damaged import damaged
from init.har.recording import HOST, TOKEN, Recording
from jobload.cli import main

DOCUMENTS = sorted((Path(__file__).parent / "documents").iterdir())
TIMES = 25
LONGEST_S = 10.0


def loaded(path: Path) -> Any:
    document = YAML(typ="safe", pure=True).load(path)
    document["components"]["schemas"]["Loop"] = {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"$ref": "#/components/schemas/Loop"}},
    }
    return json.loads(json.dumps(document, default=str))


def assert_plan_or_sentence(
    option: str, done: str, document: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> int:
    file = folder / "in.json"
    file.write_text(json.dumps(document))
    began_s = time.monotonic()
    code = main(["init", option, str(file), "--into", str(folder / "out")])
    assert time.monotonic() - began_s < LONGEST_S, done
    said = capsys.readouterr().err
    if code == 0:
        assert main(["validate", "--scenarios", str(folder / "out/scenarios.yaml")]) == 0, done
    else:
        assert code == 2
        assert len(said.splitlines()) == 1, f"{done}: {said}"
        assert said.startswith(str(file)), f"{done}: {said}"
    return code


@pytest.mark.slow
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_damaged_document(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, random = loaded(path), Random(path.stem)
    codes = []
    for number in range(TIMES):
        folder = tmp_path / str(number)
        folder.mkdir()
        codes.append(
            assert_plan_or_sentence("--openapi", *damaged(document, random), folder, capsys)
        )
    assert codes.count(0) > TIMES / 3


@pytest.mark.slow
def test_a_damaged_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = (
        Recording()
        .add("POST /login", {"token": TOKEN, "user": {"id": 7}}, sent={"password": "x"})
        .add("POST /jobs?a=b", {"id": "j-77712"}, sent={"n": 1}, headers={"Cookie": "a=b"})
        .add("GET /jobs/j-77712", {"status": "a"}, reply_headers={"Set-Cookie": "a=b"})
        .add("GET /jobs/j-77712", {"status": "b"}, reply_headers={"Location": f"{HOST}/x/991"})
        .add("GET /x/991", {})
    )
    document, random = json.loads(Path(recording.write(tmp_path)).read_text()), Random("har")
    for number in range(TIMES * 3):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_plan_or_sentence("--har", *damaged(document, random), folder, capsys)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"swagger": "2.0", "paths": {}}, "is Swagger 2.0"),
        ({"openapi": "4.0.0", "paths": {"/a": {}}}, "is OpenAPI 4.0.0"),
        ({"openapi": "3.0.0"}, "has no paths"),
        ({"openapi": "3.1.0", "paths": {}}, "has no paths"),
        ({"openapi": "3.0.0", "paths": {"/a": {}}}, "has no operation"),
        ({"log": {"entries": []}}, "looks like a HAR recording; take --har"),
        ({"info": {"_postman_id": "1"}, "item": []}, "is a Postman collection; convert it"),
        ({"info": {}}, "the key openapi is missing"),
        (
            {"openapi": "3.0.0", "paths": {"/a": {"$ref": "a.yaml#/a"}}},
            "a.yaml#/a is in another file; bundle the document into one (1)",
        ),
        (
            {"openapi": "3.0.0", "paths": {"/a/{b}": {"get": {}}}},
            "they need an id that no POST gives",
        ),
    ],
    ids=str,
)
def test_what_is_no_document_to_be_loaded_is_told(
    document: Any, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.json").write_text(json.dumps(document))
    assert main(["init", "--openapi", str(tmp_path / "in.json"), "--into", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.slow
def test_yaml_that_means_far_more_than_it_says_is_refused_soon(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]" for n in range(9)
    ]
    (tmp_path / "in.yaml").write_text("\n".join(lines))
    began_s = time.monotonic()
    assert main(["init", "--openapi", str(tmp_path / "in.yaml"), "--into", str(tmp_path)]) == 2
    assert time.monotonic() - began_s < LONGEST_S
    assert "holds more than 2,000,000 values" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "mib"), [("in.yaml", 5), ("in.json", 65)])
def test_a_file_that_is_too_large_is_told(
    name: str, mib: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(b"{" + "é".encode() * (mib * 1024 * 512))
    assert main(["init", "--openapi", str(tmp_path / name), "--into", str(tmp_path / "out")]) == 2
    assert "MiB" in capsys.readouterr().err
