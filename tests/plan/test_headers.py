import pytest

from jobload.plan.headers import resolve_headers, secret_values
from jobload.plan.problem import PlanError

BEARER = {"Authorization": "Bearer ${TOKEN}", "X-Team": "load"}


def test_values_come_from_the_environment() -> None:
    resolved = resolve_headers(BEARER, {"TOKEN": "s3cr3t", "OTHER": "x"})
    assert resolved == {"Authorization": "Bearer s3cr3t", "X-Team": "load"}


def test_what_a_variable_holds_is_taken_as_it_is() -> None:
    assert resolve_headers({"X": "${A}"}, {"A": "${B}", "B": "b"}) == {"X": "${B}"}


def test_every_missing_variable_is_named_and_so_is_its_header() -> None:
    with pytest.raises(PlanError) as refused:
        resolve_headers({"X-A": "${ONE}${ONE}${TWO}", "X-B": "${THREE}"}, {"TWO": ""})
    assert [str(error) for error in refused.value.errors] == [
        f"environment: headers.{header}: the variable {variable} is not set, or empty;"
        " export it before the run"
        for header, variable in (("X-A", "ONE"), ("X-A", "TWO"), ("X-B", "THREE"))
    ]


@pytest.mark.parametrize("value", ["abc\n", "a\r\nInjected: x", "abc ", "schlüssel"])
def test_a_value_that_no_header_can_have_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(PlanError) as refused:
        resolve_headers({"X": "${KEY}"}, {"KEY": value})
    assert "headers.X: filled in from KEY, the value " in str(refused.value)
    assert value.strip() not in str(refused.value)


def test_secrets_are_the_variables_and_what_stands_in_headers_that_carry_them() -> None:
    headers = {**BEARER, "Cookie": "session=12345", "X-Short": "${N}", "X-CSRF": "2"}
    secrets = secret_values(headers, {"TOKEN": "s3cr3t", "N": "1"})
    assert secrets == ("Bearer s3cr3t", "session=12345", "s3cr3t", "1")
