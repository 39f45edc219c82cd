from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.plan.problem import PlanError
from jobload.plan.yaml_document import read_document


def read(text: str) -> Any:
    document = read_document("plan.yaml", text)
    document.raise_problems()
    return document.data


def problems(text: str) -> list[str]:
    with pytest.raises(PlanError) as refused:
        read(text)
    return [str(error) for error in refused.value.errors]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("50", 50),
        ("-5", -5),
        ("1234567890123456789", 1234567890123456789),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("nan", "nan"),
        ("30s", "30s"),
        ("5%", "5%"),
        ("200-399", "200-399"),
        ("'50'", "50"),
        ('"true"', "true"),
        ("''", ""),
        ("[1, a]", [1, "a"]),
        ("{a: {b: 1}}", {"a": {"b": 1}}),
    ],
)
def test_a_value_is_what_it_looks_like_and_nothing_cleverer(written: str, meant: Any) -> None:
    value = read(f"key: {written}\n")["key"]
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    ("surprise", "text", "problem"),
    [
        ("nothing", "", "plan.yaml:1:1: is empty"),
        ("only comments", "# a\n# b\n", "plan.yaml:1:1: is empty"),
        ("null", "null\n", "plan.yaml:1:1: is empty"),
        ("an empty value", "a:\nb: 1\n", "plan.yaml:1:1: a: has no value"),
        ("an empty entry", "a:\n- 1\n-\n", "plan.yaml:3:2: a[1]: an entry without a value"),
        ("a null", "a: ~\n", "plan.yaml:1:1: a: has no value"),
        (
            "a repeated key",
            "a: 1\nb: 2\na: {c: 3}\n",
            "plan.yaml:3:1: a: given twice, first in line 1",
        ),
        ("an anchor", "a: &x 1\n", "plan.yaml:1:4: a: anchors are refused; take out &x"),
        ("an alias", "a: *x\n", "plan.yaml:1:4: a: aliases are refused; write out what *x means"),
        ("a tag", "a: !!int '5'\n", "plan.yaml:1:4: a: tags are refused; take out tag:yaml.org"),
        ("NaN", "a: .nan\n", "plan.yaml:1:4: a: .nan is no figure; expected a finite number"),
        ("infinity", "a: [-.Inf]\n", "plan.yaml:1:5: a[0]: -.Inf is no figure"),
        (
            "a whole number that would be rounded",
            "a: 18446744073709551616\n",
            "plan.yaml:1:4: a: '18446744073709551616' needs more than 64 bits; text goes into",
        ),
        (
            "digits without end",
            f"a: -{'9' * 5000}\n",
            f"plan.yaml:1:4: a: '-{'9' * 56}…' needs more than 64 bits; text goes into",
        ),
        (
            "half of a character",
            'a: "x\\ud83d"\n',
            "plan.yaml:1:4: a: holds half of a character (a lone \\ud83d); write the whole one",
        ),
        ("a number beyond all", "a: 1e999\n", "plan.yaml:1:4: a: '1e999' is too large a number"),
        ("a second document", "a: 1\n---\nb: 2\n", "plan.yaml:2:1: a second document begins here"),
        ("a directive", "%YAML 1.1\n---\na: yes\n", "plan.yaml:2:1: % directives are not"),
        ("a key that is a list", "? [1]\n: 2\n", "plan.yaml:1:3: expected a plain key"),
        ("a tab for indentation", "a:\n\tb: 1\n", "plan.yaml:2:1: a tab where YAML wants blanks"),
        ("a control character", "a: 1\nb: x\x07\n", "plan.yaml:2:5: character U+0007 can't be"),
        ("a comparison without quotes", "a: >= 4\n", "plan.yaml:1:5: a value that begins with >"),
        ("an at sign", "a: @x\n", "plan.yaml:1:4: a value that begins with '@' needs quotes"),
        ("a colon too many", "a: b: c\n", "plan.yaml:1:5: not YAML here: a colon too many"),
        ("a bracket left open", "a: [1,\n", "plan.yaml:2:1: not YAML here: "),
        ("a quote left open", "a: 'x\n", "plan.yaml:1:4: a quote is opened here and not closed"),
        (
            "a sign of no escape",
            'a: "x\\d"\n',
            'plan.yaml:1:7: not YAML here: within "" a \\ begins',
        ),
        ("text behind quotes", "a: 'it's'\n", "plan.yaml:1:8: not YAML here: text behind a value"),
        ("a star", "a: [*]\n", "plan.yaml:1:5: a value that begins with '*' needs quotes"),
        ("no blank behind a colon", "a: 1\nb:1\nc: 2\n", "plan.yaml:2:1: not YAML here: expected"),
        (
            "less indentation",
            "a:\n    b: 1\n   c: 2\n",
            "plan.yaml:3:4: not YAML here: a colon too",
        ),
        ("braces within braces", "a: {b: x ${A}}\n", "plan.yaml:1:11: a value with { needs quotes"),
        ("a bottomless pit", "[" * 40, "plan.yaml:1:22: nested deeper than 20 levels"),
    ],
)
def test_a_surprise_is_refused_where_it_stands(surprise: str, text: str, problem: str) -> None:
    (found,) = problems(text)
    assert found.startswith(problem), surprise


def test_all_surprises_are_told_at_once_in_the_order_of_the_file() -> None:
    text = "a: .nan\nb: *x\na: 2\nc: {d: &y 1, e: }\n"
    assert [problem.split(": ")[0:2] for problem in problems(text)] == [
        ["plan.yaml:1:4", "a"],
        ["plan.yaml:2:4", "b"],
        ["plan.yaml:3:1", "a"],
        ["plan.yaml:4:8", "c.d"],
        ["plan.yaml:4:14", "c.e"],
    ]


def test_a_file_that_is_not_utf_8_is_refused_at_its_first_wrong_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.yaml"
    file.write_bytes("a: 1\nb: grün\n".encode("latin-1"))
    with pytest.raises(PlanError) as refused:
        read_document(file)
    assert str(refused.value) == f"{file}:2:6: byte 0xfc is not UTF-8; save the file as UTF-8"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "windows.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: .nan\r\nb:\r\n  c: .nan\r\n")
    document = read_document(file)
    assert [str(problem) for problem in document.problems] == [
        f"{file}:1:4: a: .nan is no figure; expected a finite number",
        f"{file}:3:6: b.c: .nan is no figure; expected a finite number",
    ]


def test_a_file_that_can_t_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as refused:
        read_document(tmp_path / "absent.yaml")
    assert (
        str(refused.value)
        == f"{tmp_path / 'absent.yaml'}: can't be read: No such file or directory"
    )


def test_a_file_far_too_large_is_not_even_parsed(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(PlanError, match="is larger than 1048576 bytes"):
        read_document(file)


def test_what_stands_in_the_file_is_not_repeated_when_it_is_no_yaml() -> None:
    (found,) = problems("headers: {Authorization: s3cr3t: x\n")
    assert "s3cr3t" not in found


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(PlanError):
        read(text)


def test_a_file_without_an_end_is_too_large() -> None:
    with pytest.raises(PlanError, match="is larger than 1048576 bytes"):
        read_document("/dev/zero")


def test_half_of_a_character_is_no_key() -> None:
    (told,) = problems('"\\ud83d": 1\n')
    assert "half of a character" in told
    told.encode()


def test_a_key_can_not_write_to_the_terminal_what_it_likes() -> None:
    (told,) = problems('"\\e[2J\\nVerdict: PASS": ~\n')
    assert told.startswith("plan.yaml:1:1: \\x1b[2J\\nVerdict: PASS: has no value")
