import codecs
import os
from pathlib import Path

import pytest

from jobload.plan.flow import table
from jobload.plan.flow.data import DataSource, columns, read
from jobload.plan.flow.table import Table
from jobload.plan.plan_file import load_plan_file
from jobload.plan.problem import PlanError

MARK = codecs.BOM_UTF8


def written(folder: Path, name: str, content: bytes) -> DataSource:
    (folder / name).write_bytes(content)
    return DataSource(file=str(folder / name))


def rows(source: DataSource) -> list[list[object]]:
    found = read(source)
    assert found.columns == columns(source)
    return [list(found.values(index).values()) for index in range(len(found))]


def problems(source: DataSource) -> list[str]:
    with pytest.raises(PlanError) as raised:
        read(source)
    return [str(problem).removeprefix(source.file) for problem in raised.value.errors]


# --- what is read -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"user,age\nann,41\n", [["ann", "41"]]),
        (b"user,age\nann,41", [["ann", "41"]]),
        (MARK + b"user,age\r\nann,41\r\n", [["ann", "41"]]),
        (MARK + b'"user",age\n"ann",41\n', [["ann", "41"]]),
        (b'user,age\n"a,n""n\r\nb",\n', [['a,n"n\r\nb', ""]]),
        (b"user,age\n\nann,41\n\n\nbob, 1 \n", [["ann", "41"], ["bob", " 1 "]]),
        ("user,age\nänn\u2028,☃\n".encode(), [["änn\u2028", "☃"]]),
    ],
)
def test_a_csv_file_gives_text(
    tmp_path: Path, content: bytes, expected: list[list[object]]
) -> None:
    source = written(tmp_path, "people.csv", content)
    assert columns(source) == ("user", "age")
    assert rows(source) == expected


def test_a_file_of_json_lines_keeps_types_and_takes_keys_in_any_order(tmp_path: Path) -> None:
    lines = (
        b'{"user": "ann\\u2028\\n", "age": 41, "tags": ["a", {"b": null}]}\r\n\n'
        b'{"tags": [], "age": 1.5, "user": true}\n'
    )
    source = written(tmp_path, "people.JSONL", MARK + lines)
    assert columns(source) == ("user", "age", "tags")
    assert rows(source) == [["ann\u2028\n", 41, ["a", {"b": None}]], [True, 1.5, []]]


def test_whole_numbers_of_64_bits_stay_exact(tmp_path: Path) -> None:
    source = written(
        tmp_path, "n.jsonl", b'{"n": 18446744073709551615}\n{"n": -9223372036854775808}'
    )
    assert rows(source) == [[2**64 - 1], [-(2**63)]]


# --- what is wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ": is empty; the first line names the columns, as in user,password"),
        (MARK, ": is empty"),
        (b"\n\r\n", ": is empty"),
        (b"user,age\n", ": holds no row below its header"),
        (b"ann,41\nbob,7\n", ":1:1: column 2 is called '41', which looks like a value"),
        (b"user,,age\n", ":1:1: column 2 has no name"),
        (b"user, age\nann,1\n", ":1:1: column 2 is called ' age', with blanks around it"),
        (b"user,age,user\na,1,b\n", ":1:1: column 3 is called 'user', as column 1 is"),
        (b"user;age\nann;41\n", ":1:1: has semicolons between its columns; save the file with"),
        (b"user\tage\nann\t41\n", ":1:1: has tabs between its columns"),
        (b"user,age\nann,41\nbob\n", ":3:1: has 1 value, and the header names 2"),
        (b'user,age\n"a\nb",1\nbob,1,2\n', ":4:1: has 3 values, and the header names 2"),
        (b'user,age\nann,1\n"bob,2\ncy,3\n', ':3:1: a quote (") is opened and never closed'),
        (b'user,age\n"bob"x,2\n', ":2:1: is no CSV: ',' expected after '\"'"),
        (b"user,age\rann,1\r", ":1:1: a line ends with CR alone; save the file with LF or CRLF"),
        (b"user,age\nann,1\ncaf\xe9,2\n", ":3:4: is not UTF-8 (byte 0xe9); save the file as"),
        ("user,age\nann,1\n".encode("utf-16"), ":1:1: is UTF-16; save the file as UTF-8"),
        ("user,age\nann,1\n".encode("utf-16-le"), ":1:2: holds a NUL, so this is no text"),
        (b"user,age\nann,\0\n", ":2:5: holds a NUL"),
        (b"a,b\n1," + b"x" * 140_000, ":2:1: a value is longer than 131,072 characters"),
        (b",".join(b"c%d" % n for n in range(1001)), ":1:1: has 1,001 columns; at most 1,000"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_told_with_its_place(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    assert problems(written(tmp_path, "people.csv", content))[0].startswith(problem)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", ': is empty; expected an object a line, as in {"user": "ann", "age": 41}'),
        (b"\n \n", ": is empty"),
        (b'{"a": 1}\n{"a": }\n', ":2:7: is no JSON: Expecting value"),
        (b'{"a": 1}\n{"a":\r\n', ":2:6: is no JSON: Expecting value"),
        (b'{"a": 1}\n{"a": 1} {"a": 2}\n', ":2:10: is no JSON: Extra data"),
        (b'[{"a": 1}]\n', ":1:1: is a list; expected an object a line"),
        (b'{"a": 1}\n"x"\n', ":2:1: is a text; expected an object"),
        (b'{"a": 1}\nnull\n', ":2:1: is null; expected an object"),
        (b"{}\n", ":1:1: is an object without keys"),
        (b'{" a": 1}\n', ":1:1: has the key ' a'; a key is a word without blanks"),
        (b'{"": 1}\n', ":1:1: has the key ''"),
        (b'{"a": 1, "a": 2}\n', ":1:1: has the key 'a' twice; take one of them out"),
        (b'{"a": {"b": 1, "b": 1}}\n', ":1:1: has the key 'b' twice"),
        (b'{"a": 1}\n{"b": 1}\n', ":2:1: lacks the key 'a' and has the key 'b', which the first"),
        (b'{"a": NaN}\n', ":1:1: holds NaN, which is no JSON"),
        (b'{"a": 1e999}\n', ":1:1: holds the number 1e999, which needs more than 64 bits"),
        (b'{"a": 18446744073709551616}\n', ":1:1: holds the number 18446744073709551616, which"),
        (b'{"a": ' + b"9" * 5000 + b"}\n", ":1:1: holds the number 9999"),
        (b'{"a": "\\ud800"}\n', ":1:1: holds half of a character"),
        (b'{"a": ' + b"[" * 100_000, ":1:1: is nested too deeply"),
        (b'{"a": ' + b"[" * 400 + b"]" * 400 + b"}", ":1:1: is nested too deeply"),
        (b'{"a": "caf\xe9"}\n', ":1:11: is not UTF-8 (byte 0xe9)"),
        ('{"a": 1}\n'.encode("utf-16"), ":1:1: is UTF-16"),
        (b'{"a": "' + b"x" * 300_000 + b'"}', ":1:1: is longer than 262,144 bytes; split it"),
    ],
)
def test_what_is_wrong_with_json_lines_is_told_with_its_place(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    assert problems(written(tmp_path, "people.jsonl", content))[0].startswith(problem)


def test_all_wrong_rows_are_told_at_once_but_no_more_than_twenty(tmp_path: Path) -> None:
    short = problems(written(tmp_path, "a.csv", b"user,age\n1\n2,2\n3,3,3\n"))
    assert [line.split(":")[1] for line in short] == ["2", "4"]
    assert len(problems(written(tmp_path, "b.csv", b"user,age\n" + b"1\n" * 50))) == 20
    assert len(problems(written(tmp_path, "c.jsonl", b'{"a": 1}\n' + b"1\n" * 50))) == 20


def test_what_is_no_readable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert problems(DataSource(file=f"{tmp_path}/folder.csv")) == [
        ": is a folder; name a file in it"
    ]
    assert problems(DataSource(file=f"{tmp_path}/pipe.csv"))[0].startswith(": is no ordinary file")
    assert problems(DataSource(file=f"{tmp_path}/absent.csv")) == [
        ": can't be read: No such file or directory"
    ]
    assert problems(DataSource(file="a\0.csv"))[0].endswith(": is no name of a file")
    assert problems(DataSource(file="/proc/self/mem/x.csv")) == [": can't be read: Not a directory"]


def test_a_file_that_would_not_fit_into_memory_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "endless.csv"
    with file.open("wb") as endless:
        endless.truncate(64 * 1024 * 1024 + 1)
    assert problems(DataSource(file=str(file))) == [
        ": is larger than 64 MiB, which are held in memory"
    ]


def test_rows_beyond_a_number_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    source = written(tmp_path, "a.csv", b"n\n" + b"1\n" * 4)
    assert problems(source) == [":5:1: is one too many: at most 3 rows are held; split the file"]


def test_the_columns_are_known_from_the_head_of_a_file(tmp_path: Path) -> None:
    assert columns(written(tmp_path, "a.csv", b"user,age\nann\n")) == ("user", "age")
    assert columns(written(tmp_path, "a.jsonl", b'{"b": 1, "a": 2}\nx')) == ("b", "a")


# --- held in memory -----------------------------------------------------------------------------


def test_rows_go_elsewhere_in_pieces() -> None:
    here, there = Table(("n",)), Table(("n",))
    for number in range(10):
        here.add([f"{number}\n"])
    end = here.end_within(0, 10, most_bytes=20)
    there.add_packed(here.packed(0, end))
    there.add_packed(here.packed(end, 10))
    assert 1 <= end < 10
    assert [there.values(i) for i in range(10)] == [{"n": f"{number}\n"} for number in range(10)]


@pytest.mark.parametrize("first", range(10))
@pytest.mark.parametrize("most_bytes", [1, 20, 50, 1000])
def test_a_piece_is_of_rows_that_follow_and_no_longer_than_asked_for_unless_one_row_is(
    first: int, most_bytes: int
) -> None:
    table = Table(("n",))
    for number in range(10):
        table.add([number])
    end = table.end_within(first, 10, most_bytes)
    assert first < end <= 10
    assert len(table.packed(first, end)) <= most_bytes or end == first + 1
    if len(table.packed(first, 10)) <= most_bytes:
        assert end == 10


def test_a_piece_holds_at_least_one_row() -> None:
    rows_of_one = Table(("n",))
    rows_of_one.add(["x" * 100])
    assert rows_of_one.end_within(0, 1, most_bytes=10) == 1


# --- in the scenarios ---------------------------------------------------------------------------


def scenario(folder: Path, data: str) -> str:
    file = folder / "scenarios.yaml"
    file.write_text(
        "scenarios:\n  a:\n    shape: ramp\n    users: 1\n    ramp_up: 1s\n    duration: 2s\n"
        f"    data: {data}\n"
    )
    return str(file)


def test_a_file_is_named_relative_to_the_scenarios(tmp_path: Path) -> None:
    plan = load_plan_file(scenario(tmp_path, "{people: {file: data/people.csv}}"))
    source = plan.scenarios["a"].data["people"]
    assert source.file == str(tmp_path / "data/people.csv")
    assert source.each == "loop"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (
            "{people: {file: a.txt}}",
            "people.file: 'a.txt' is neither a .csv file, whose first line",
        ),
        (
            "{people: {file: a.csv, each: twice}}",
            "people.each: 'twice' is no choice; expected loop,",
        ),
        ("{people: {fil: a.csv}}", "people.file: is missing"),
        ("{the people: {file: a.csv}}", "the people: 'the people' can't stand in a template"),
        ("{people: a.csv}", "people: expected a mapping (key: value)"),
        ("{people: {file: ../a.csv}}", "people.file: '../a.csv' is outside of the folder"),
        ("{people: {file: /etc/a.csv}}", "people.file: '/etc/a.csv' is outside of the folder"),
        ("{people: {file: x/../../a.csv}}", "people.file: 'x/../../a.csv' is outside of"),
    ],
)
def test_what_is_wrong_with_a_source_is_told_with_its_place(
    tmp_path: Path, data: str, problem: str
) -> None:
    with pytest.raises(PlanError) as raised:
        load_plan_file(scenario(tmp_path, data))
    messages = [str(error) for error in raised.value.errors]
    assert any("scenarios.yaml:7:" in m and f"scenarios.a.data.{problem}" in m for m in messages)


def test_a_file_elsewhere_in_the_current_folder_is_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plans").mkdir()
    plan = load_plan_file(scenario(Path("plans"), "{people: {file: ../people.csv}}"))
    assert plan.scenarios["a"].data["people"].file == "plans/../people.csv"
