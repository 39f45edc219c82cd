from datetime import UTC, datetime

import pytest

from jobload.load.flow.cookie_date import date_s

AT_S = datetime(2015, 10, 21, 7, 28, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "said",
    [
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wed, 21-Oct-2015 07:28:00 GMT",
        "Wednesday, 21-Oct-15 07:28:00 GMT",
        "Wed Oct 21 07:28:00 2015",
        "Wed, 21 October 2015 07:28:00",
        "21 oct 2015 7:28:00",
    ],
)
def test_a_date_is_read_in_each_form_that_servers_write(said: str) -> None:
    assert date_s(said) == AT_S


@pytest.mark.parametrize(
    "said",
    [
        "",
        "0",
        "whenever",
        "Wed, 21 Oct 2015",
        "Wed, 31 Feb 2030 00:00:00 GMT",
        "Wed, 21 Oct 2015 25:28:00 GMT",
        "1" * 100_000,
        "Wed, ²1 Oct 2015 07:28:00 GMT",
    ],
)
def test_what_is_no_date_is_none(said: str) -> None:
    assert date_s(said) is None


def test_years_of_two_digits_are_those_of_1970_to_2069() -> None:
    assert date_s("Thu, 01-Jan-70 00:00:00 GMT") == 0.0
    assert date_s("Thu, 01-Jan-69 00:00:00 GMT") == datetime(2069, 1, 1, tzinfo=UTC).timestamp()
