import codecs
from pathlib import Path

import pytest
from bodies import LIGHT

from jobload.plan.problem import PlanError
from jobload.plan.scenario import load_scenario
from jobload.plan.sent_files import check_sent_files, read_rows

MARK = codecs.BOM_UTF8


def problems(file: Path, content: bytes) -> list[str]:
    file.write_bytes(content)
    scenario = load_scenario({**LIGHT, "payload": {"file": str(file)}})
    try:
        check_sent_files(scenario)
    except PlanError as error:
        return [str(problem).removeprefix(str(file)) for problem in error.errors]
    return []


@pytest.mark.parametrize("mark", [b"", MARK])
def test_rows_are_lines_without_blanks_around_them_or_a_byte_order_mark(
    tmp_path: Path, mark: bytes
) -> None:
    file = tmp_path / "rows.jsonl"
    assert problems(file, mark + b'{"n": 1}\r\n\n  2 \n\f3\v\n') == []
    assert list(read_rows(file)) == [(1, b'{"n": 1}'), (3, b"2"), (4, b"3")]
    assert problems(file, mark + b"\n3") == []
    assert list(read_rows(file)) == [(2, b"3")]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'1\n{"n":\n', ":2:6: is no JSON"),
        (b"1\n" + MARK + b"2\n", ":2:1: is no JSON"),
        (b'  {"n": x}', ":1:9: is no JSON"),
        (b'{"n": NaN}', ":1:1: is no JSON: NaN"),
        (b"[-Infinity]", ":1:1: is no JSON: -Infinity"),
        (b'"caf\xe9"', ":1:5: is not UTF-8 (byte 0xe9)"),
        ('{"n": 1}\n'.encode("utf-16"), ":1:1: is UTF-16; save the file as UTF-8"),
        ('{"n": 1}'.encode("utf-16-le"), ":1:2: holds a NUL"),
        (b"[" * 100_000, ":1:"),
        (b'{"n": 1,}', (":1:9: is no JSON", ":1:8: is no JSON")),  # Python 3.13 means the comma
        (MARK, ": holds no row"),
        (b"\n \n", ": holds no row"),
    ],
)
def test_what_a_strict_server_would_not_take_is_told_with_its_place(
    tmp_path: Path, content: bytes, place: str | tuple[str, ...]
) -> None:
    first, *_ = problems(tmp_path / "rows.jsonl", content)
    assert first.startswith(place)


def test_a_number_of_any_length_is_json(tmp_path: Path) -> None:
    assert problems(tmp_path / "rows.jsonl", b"1" * 5_000) == []
