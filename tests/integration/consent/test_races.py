"""No claim that begins after an opt-out is committed gets a message of that person."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, select, update
from sqlalchemy.orm import Session

from leadflow.consent.links import Link
from leadflow.consent.may_send import permitted
from leadflow.consent.own_acts import unsubscribe
from leadflow.database.engine import unit_of_work
from tests.integration.consent.said import NOW, lead, say

LEADS = 40
MESSAGES = Table(
    "claimed_in_tests",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("lead_id", Text),
    Column("purpose", Text),
    Column("claimed", Integer),
)


@pytest.fixture
def leads(store: Engine) -> Iterator[list[str]]:
    """Leads that have agreed, with a message for each that nobody has claimed."""
    with unit_of_work() as session:
        made = [lead(session, f"l{n}@example.com").id for n in range(LEADS)]
        for one in made:
            say(session, one, (True, "double_opt_in", NOW))
    MESSAGES.create(store)
    with store.begin() as connection:
        connection.execute(
            MESSAGES.insert(),
            [{"id": n, "lead_id": one, "purpose": "marketing"} for n, one in enumerate(made)],
        )
    yield made
    MESSAGES.drop(store)


def claim(session: Session, at: datetime, most: int = 3) -> list[str]:
    """Claim messages as a dispatcher does: some that nobody has, of who may be written to."""
    free = permitted(MESSAGES.c.lead_id, MESSAGES.c.purpose, "email", at)
    due = (
        select(MESSAGES.c.id)
        .where(MESSAGES.c.claimed.is_(None), free)
        .order_by(MESSAGES.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    these = update(MESSAGES).where(MESSAGES.c.id.in_(due)).values(claimed=1)
    return list(session.scalars(these.returning(MESSAGES.c.lead_id)))


def test_a_claim_waits_for_nobody_who_says_no_and_goes_by_what_is_committed(
    store: Engine, leads: list[str]
) -> None:
    first, second = leads[:2]
    with Session(store) as refusing, Session(store) as claiming:
        unsubscribe(refusing, Link(first, "marketing", "k"), datetime.now(UTC))
        assert claim(claiming, datetime.now(UTC), 1) == [first]
        claiming.rollback()
        refusing.commit()
        assert claim(claiming, datetime.now(UTC), 1) == [second]


def test_no_claim_succeeds_after_a_committed_opt_out(store: Engine, leads: list[str]) -> None:
    """All say no while others claim; what was claimed by a statement that began once the no of that
    lead was committed would be a mail that must not go."""
    refused_at: dict[str, float] = {}
    claimed_at: dict[str, float] = {}
    together = Barrier(2)

    def clock() -> float:
        return datetime.now(UTC).timestamp()

    def refuse() -> None:
        together.wait()
        for one in reversed(leads):
            with Session(store) as session, session.begin():
                unsubscribe(session, Link(one, "marketing", "k"), datetime.now(UTC))
            refused_at[one] = clock()

    def take() -> None:
        together.wait()
        while len(refused_at) < LEADS:
            began = clock()
            with Session(store) as session, session.begin():
                found = claim(session, datetime.now(UTC), 1)
            claimed_at.update(dict.fromkeys(found, began))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(refuse), pool.submit(take)]:
            done.result()
    with Session(store) as session:
        assert claim(session, datetime.now(UTC), LEADS) == []
    assert len(claimed_at) < LEADS
    assert [one for one, began in claimed_at.items() if began > refused_at[one]] == []
