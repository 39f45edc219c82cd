"""What stands in `{{ }}`, taken apart."""

from __future__ import annotations

import pytest

from jobload.plan.flow.template import Call, Name, template


def test_a_value_of_a_call_may_have_lines() -> None:
    assert template("{{ choice('a\nb',\n 2) }}").parts == (Call("choice", ("a\nb", 2)),)


def test_a_name_has_letters_of_english_only() -> None:
    assert template("{{ token_2 }}").parts == (Name("token_2"),)
    for inside in ("tökén", "ünt(1, 2)"):
        with pytest.raises(ValueError, match="no name and no generator"):
            template(f"{{{{ {inside} }}}}")
