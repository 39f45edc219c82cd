from __future__ import annotations

import pytest

from jobload.load.http.location import resolved, target_of


@pytest.mark.parametrize(
    ("asked", "said", "target"),
    [
        ("/v2/jobs", "7", "/v2/7"),
        ("/v2/jobs", "../items/7", "/items/7"),
        ("/jobs?tenant=a", "../items/7", "/items/7"),
        ("/jobs", "../../../7", "/7"),
        ("/jobs/7", "?page=2", "/jobs/7?page=2"),
        ("/jobs", "/items/7?a=b%20c#end", "/items/7?a=b%20c"),
        ("/jobs", "http://elsewhere:81/items/7?x=1", "/items/7?x=1"),
        ("/jobs", "http://elsewhere", "/"),
        ("/jobs", "//elsewhere/items/7", "/items/7"),
        ("/jobs", "/items/a b", "/items/a%20b"),
        ("/jobs", "/items/\u00fc", "/items/%C3%BC"),
        ("/jobs", "/items/7\r\nX-Evil: 1", "/items/7X-Evil:%201"),
    ],
)
def test_a_location_leads_where_a_browser_would_go(asked: str, said: str, target: str) -> None:
    assert target_of(resolved(asked, said)) == target


@pytest.mark.parametrize("said", ["http://[::1", "mailto:a@b", "http://h//x"])
def test_what_leads_nowhere_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        target_of(resolved("/jobs", said))


@pytest.mark.parametrize("said", ["", "?page=2", "items/7", "null"])
def test_an_address_of_a_body_that_is_relative_is_refused(said: str) -> None:
    """It is not known relative to what; and an empty one is not the root."""
    with pytest.raises(ValueError, match="no path that begins with one /"):
        target_of(said)
