"""What stands in `{{ }}`, taken apart."""

from __future__ import annotations

import re

import pytest

from jobload.plan.flow.template import EXAMPLES, Call, Name, template


def test_a_value_of_a_call_may_have_lines() -> None:
    assert template("{{ choice('a\nb',\n 2) }}").parts == (Call("choice", ("a\nb", 2)),)


def test_a_name_has_letters_of_english_only() -> None:
    assert template("{{ token_2 }}").parts == (Name("token_2"),)
    for inside in ("tökén", "ünt(1, 2)"):
        with pytest.raises(ValueError, match="no name and no generator"):
            template(f"{{{{ {inside} }}}}")


def test_a_text_that_is_one_name_or_call_keeps_its_type_and_no_other_does() -> None:
    assert template("{{ token }}").alone == Name("token")
    assert template("{{ int(1, 2) }}").alone == Call("int", (1, 2))
    for text in ("", "a", "${A}", "{{ token }} ", "{{ a }}{{ b }}"):
        assert template(text).alone is None


@pytest.mark.parametrize(
    "call",
    [
        "int(1, 1)", "int(-5, 5)", "text(0)", f"text({16 * 1024 * 1024})", "choice(a)", "now",
        "now(unix_ms)", "now()", "unique()",
    ],
)  # fmt: skip
def test_a_generator_takes_what_it_is_for(call: str) -> None:
    assert isinstance(template(f"{{{{ {call} }}}}").alone, Call)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        ("int()", "int wants the lowest and the highest whole number"),
        ("int(1)", "int wants the lowest and the highest whole number"),
        ("int(1, 2, 3)", "int wants the lowest and the highest whole number"),
        ("int(1, 2.5)", "int wants the lowest and the highest whole number"),
        ("int(a, 2)", "int wants the lowest and the highest whole number"),
        ("int(2, 1)", "int(2, 1) is upside down"),
        ("text()", "text wants its length in bytes"),
        ("text(1, 2)", "text wants its length in bytes"),
        ("text(1.5)", "text wants its length in bytes"),
        ("text(-1)", "text wants its length in bytes"),
        (f"text({16 * 1024 * 1024 + 1})", "text can have at most 16 MiB"),
        ("choice()", "choice wants what it may choose from"),
        ("now(tomorrow)", "now can be iso, "),
        ("now(iso, unix)", "now can be iso, "),
        ("unique(1)", "unique takes nothing in brackets"),
        ("worker(1)", "worker takes nothing in brackets"),
    ],
)
def test_a_generator_that_is_given_something_else_says_what_it_wants(call: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(why)}.*; it is written ") as refused:
        template(f"{{{{ {call} }}}}")
    assert str(refused.value).endswith(EXAMPLES[call.partition("(")[0]])
