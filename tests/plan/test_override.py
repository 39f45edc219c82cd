from __future__ import annotations

from jobload.plan.override import changed_by


def test_the_field_that_is_touched_is_the_first_of_its_path() -> None:
    assert changed_by(["users=5", "tls.verify = no", " retry.times=2"]) == ["users", "tls", "retry"]
