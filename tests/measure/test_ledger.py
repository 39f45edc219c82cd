"""The audit finds what the target lost and what it stored twice, and nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobload.measure import ledger as ledger_module
from jobload.measure.ledger import MOST_EXAMPLES, MOST_KEYS, Auditor, Ledger, LedgerEntry

entries = st.lists(
    st.integers(1, 30).flatmap(
        lambda keys: st.tuples(st.just(keys), st.sets(st.integers(1, keys)))
    ),
    max_size=5,
).map(
    lambda users: [
        LedgerEntry(0, user, keys, sorted(missing)) for user, (keys, missing) in enumerate(users)
    ]
)


@given(entries, st.data())
def test_every_operation_is_found_lost_stored_or_doubled_as_it_is(
    ledgers: list[LedgerEntry], data: st.DataObject
) -> None:
    everything = [(e.user, n) for e in ledgers for n in range(1, e.keys + 1)]
    unacknowledged = {(e.user, n) for e in ledgers for n in e.unacknowledged}
    times = {key: data.draw(st.integers(0, 3)) for key in everything}
    auditor = Auditor(ledgers)
    for (user, count), stored in times.items():
        for _ in range(stored):
            assert auditor.saw(user, count)
    audit = auditor.audit()
    lost = [key for key in everything if not times[key] and key not in unacknowledged]
    doubled = [key for key in everything if times[key] > 1]
    assert audit.acknowledged == len(everything) - len(unacknowledged)
    assert audit.indeterminate == len(unacknowledged)
    assert audit.stored == sum(n > 0 for n in times.values())
    assert (audit.lost, audit.duplicated) == (len(lost), len(doubled))
    assert audit.is_clean is (not lost and not doubled)
    assert len(audit.examples) == min(len(lost) + len(doubled), MOST_EXAMPLES)


def test_an_operation_stored_a_thousand_times_is_one_duplicate() -> None:
    auditor = Auditor([LedgerEntry(0, 7, 1, [])])
    for _ in range(1000):
        auditor.saw(7, 1)
    audit = auditor.audit()
    assert (audit.stored, audit.duplicated, audit.examples) == (1, 1, ("twice 7-1",))


@pytest.mark.parametrize(("user", "count"), [(8, 1), (7, 0), (7, 4), (7, -1)])
def test_what_is_none_of_the_scenario_s_does_not_count(user: int, count: int) -> None:
    auditor = Auditor([LedgerEntry(0, 7, 3, [1, 2, 3])])
    assert not auditor.saw(user, count)
    assert auditor.audit().stored == 0


def test_a_user_without_operations_leaves_no_entry() -> None:
    ledger = Ledger()
    ledger.close(LedgerEntry(0, 1, 0, []))
    ledger.close(LedgerEntry(0, 2, 5, [5]))
    assert [entry.user for entry in ledger.entries] == [2]


def test_a_ledger_that_grows_too_long_says_so_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_module, "MOST_UNACKNOWLEDGED", 10)
    ledger = Ledger()
    for user in range(5):
        ledger.close(LedgerEntry(0, user, 9, [1, 2, 3, 4]))
    assert not ledger.is_complete
    assert len(ledger.entries) == 2


@pytest.mark.parametrize(
    "data", [[-1, 1, 1, []], [0, -1, 1, []], [0, 1, -1, []], [0, 1, MOST_KEYS + 1, []]]
)
def test_an_entry_that_no_process_can_mean_is_refused(data: list[object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.msgpack.decode(msgspec.msgpack.encode(data), type=LedgerEntry)
