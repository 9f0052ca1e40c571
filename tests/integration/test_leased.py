"""A row is worked on by one process at a time, on exports as on any table that is leased."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from leadflow.database.engine import unit_of_work
from leadflow.database.leased import Claim, ClaimLost, Leases
from leadflow.database.leased_work import AGAIN_AFTER, PutOff, Worker
from leadflow.exports.tables import LeadExport
from leadflow.settings import get_settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROWS = Leases(LeadExport, lease=timedelta(minutes=5), most=3)
LATE = NOON + ROWS.lease + timedelta(seconds=1)


@pytest.fixture
def row(store: Engine) -> str:
    """Something to be done."""
    return due(NOON)


def due(at: datetime) -> str:
    with unit_of_work() as session:
        made = LeadExport(asked_by="test", format="csv", search={}, due_at=at)
        session.add(made)
        session.flush()
        return made.id


def claimed(at: datetime = NOON, holder: str = "first") -> Claim:
    with unit_of_work() as session:
        claim = ROWS.claim(session, holder, at)
    assert claim is not None
    return claim


def look(row: str) -> LeadExport:
    with unit_of_work() as session:
        return session.get_one(LeadExport, row)


def test_two_who_claim_at_once_have_each_another_row_and_no_third_has_any(row: str) -> None:
    later = due(NOON + timedelta(seconds=1))
    now = NOON + timedelta(minutes=1)
    with unit_of_work() as one, unit_of_work() as other, unit_of_work() as third:
        assert ROWS.claim(one, "one", now) == Claim(row, 1)
        assert ROWS.claim(other, "other", now) == Claim(later, 1)
        assert ROWS.claim(third, "third", now) is None
    assert [look(one).held_by for one in (row, later)] == ["one", "other"]


def test_nobody_claims_what_is_not_due_or_is_held(row: str) -> None:
    with unit_of_work() as session:
        assert ROWS.claim(session, "early", NOON - timedelta(seconds=1)) is None
    claimed()
    with unit_of_work() as session:
        assert ROWS.claim(session, "second", NOON + ROWS.lease - timedelta(seconds=1)) is None


def test_a_lease_that_was_extended_ends_later(row: str) -> None:
    claim, later = claimed(), NOON + timedelta(minutes=4)
    with unit_of_work() as session:
        ROWS.extend(session, claim, later)
    with unit_of_work() as session:
        assert ROWS.claim(session, "second", LATE) is None
        assert ROWS.claim(session, "second", later + ROWS.lease) == Claim(row, 2)


WRITES: list[Callable[..., object]] = [
    ROWS.hold,
    lambda session, claim: ROWS.extend(session, claim, LATE),
    lambda session, claim: ROWS.give_back(session, claim, LATE, in_vain=True),
]


@pytest.mark.parametrize("write", WRITES, ids=["hold", "extend", "give back"])
def test_once_another_has_claimed_the_row_the_late_one_changes_nothing(
    row: str, write: Callable[..., object]
) -> None:
    late, second = claimed(), claimed(LATE, "second")
    with pytest.raises(ClaimLost), unit_of_work() as session:
        write(session, late)
    assert (look(row).held_by, look(row).due_at) == ("second", LATE + ROWS.lease)
    with unit_of_work() as session:
        assert ROWS.hold(session, second).id == row


def test_a_late_one_goes_on_as_long_as_nobody_else_has_claimed_the_row(row: str) -> None:
    claim = claimed()
    with unit_of_work() as session:
        assert ROWS.extend(session, claim, LATE).due_at == LATE + ROWS.lease


def test_what_has_ended_is_held_by_nobody(row: str) -> None:
    claim = claimed()
    with unit_of_work() as session:
        made = ROWS.hold(session, claim)
        made.state, made.error = "failed", "It was cancelled."
    with pytest.raises(ClaimLost), unit_of_work() as session:
        ROWS.hold(session, claim)
    with unit_of_work() as session:
        assert ROWS.claim(session, "second", LATE) is None


def test_what_is_given_back_is_anybodys_from_that_moment_on(row: str) -> None:
    after = NOON + timedelta(seconds=30)
    with unit_of_work() as session:
        ROWS.give_back(session, Claim(row, claimed().attempt), after, in_vain=False)
    with unit_of_work() as session:
        assert ROWS.claim(session, "second", NOON) is None
        assert ROWS.claim(session, "second", after) == Claim(row, 2)


def test_attempts_that_die_are_counted_until_one_gets_somewhere(row: str) -> None:
    for attempt in range(ROWS.most - 1):
        claimed(NOON + attempt * 2 * ROWS.lease)
    now = NOON + 9 * ROWS.lease
    with unit_of_work() as session:
        ROWS.extend(session, claimed(now), now, lasting=True)
    assert look(row).in_vain == 0
    assert abandoned(now + ROWS.lease) == []


def test_after_too_many_that_died_nobody_claims_the_row(row: str) -> None:
    for attempt in range(ROWS.most):
        claimed(NOON + attempt * 2 * ROWS.lease)
    now = NOON + 9 * ROWS.lease
    assert abandoned(NOON + (ROWS.most - 1) * 2 * ROWS.lease) == []
    assert abandoned(now) == [row]
    with unit_of_work() as session:
        assert ROWS.claim(session, "one more", now) is None


def abandoned(now: datetime) -> list[str]:
    with unit_of_work() as session:
        return list(session.scalars(select(LeadExport.id).where(ROWS.abandoned(now))))


class Trying(Worker[LeadExport]):
    """Does nothing but raise what it is told to."""

    refused = (LookupError,)
    mistake = "Something is wrong."
    raises: Exception

    @property
    def leases(self) -> Leases[LeadExport]:
        return ROWS

    def work(self, claim: Claim) -> None:
        raise self.raises

    def fail(self, session: object, row: LeadExport, error: str) -> None:
        row.state, row.error = "failed", error


def tries(store: Engine, raises: Exception, at: datetime) -> LeadExport:
    trying = type("T", (Trying,), {"raises": raises})
    assert trying(store, get_settings(), lambda: at, "test").work_next() == 1
    with unit_of_work() as session:
        return session.scalars(select(LeadExport)).one()


def test_what_is_put_off_is_gone_on_with_and_was_not_in_vain(row: str, store: Engine) -> None:
    made = tries(store, PutOff(timedelta(minutes=1)), NOON)
    assert (made.state, made.in_vain) == ("queued", 0)
    assert made.due_at == NOON + timedelta(minutes=1)


def test_what_will_not_be_otherwise_has_failed_at_once(row: str, store: Engine) -> None:
    made = tries(store, LookupError("It is gone."), NOON)
    assert (made.state, made.error) == ("failed", "It is gone.")


def test_a_mistake_is_tried_again_a_few_times(row: str, store: Engine) -> None:
    for attempt in range(ROWS.most):
        made = tries(store, ValueError("oh"), NOON + attempt * AGAIN_AFTER)
        assert (made.state == "queued") == (attempt + 1 < ROWS.most)
    assert (made.state, made.error) == ("failed", Trying.mistake)


def test_a_claim_that_is_lost_leaves_the_row_to_its_holder(row: str, store: Engine) -> None:
    made = tries(store, ClaimLost("It is another's."), NOON)
    assert (made.state, made.held_by, made.attempts) == ("running", "test", 1)
