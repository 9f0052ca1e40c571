"""Messages go by months and enrolments with them; no promise goes with either: no step comes twice,
nobody comes in again who may not, no number changes, nothing that is open is dropped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from leadflow.campaigns.counting.counts import counts, messages_of
from leadflow.campaigns.enrolling.entries import NotEnrolled
from leadflow.campaigns.feedback.figures import figures_by_step
from leadflow.campaigns.feedback.tables import MessageEvent
from leadflow.campaigns.keeping.forgetting import forget_ended
from leadflow.campaigns.keeping.months import Kept, held_up, keep_months, next_month
from leadflow.campaigns.keeping.tables import MessageKey, PastEnrolment
from leadflow.campaigns.leaving import take_out
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.database.base import Base
from leadflow.database.engine import unit_of_work
from leadflow.database.ids import first_id
from leadflow.leads.tables import Lead
from tests.integration.campaigns.feedback.noting import accept, happened, tell
from tests.integration.campaigns.running import (
    NAME,
    STEPS,
    enrol,
    enrolments,
    launch,
    planned,
    sweep,
)
from tests.integration.earlier_store import earlier_store
from tests.integration.workflow import acting

LATER = timedelta(days=70)
OLD, NEWER = "msg_0199a3b1c2d3aaaaaaaaaaaaaaaa", "msg_019b0000c2d3aaaaaaaaaaaaaaaa"
AGAIN = """
INSERT INTO campaign_messages (id, enrolment_id, campaign, version, step, lead_id, purpose, due_at)
SELECT CAST(:id AS text) || right(id, 16), enrolment_id, campaign, version, step, lead_id, purpose,
    due_at FROM campaign_messages
"""


def keep(later: timedelta = LATER) -> Kept:
    """Make and drop months as if so much time had passed."""
    now = datetime.now(UTC)
    with unit_of_work() as session:
        return keep_months(session, now, now + later)


def forget() -> int:
    with unit_of_work() as session:
        return forget_ended(session, datetime.now(UTC) + LATER)


def rows(table: type[Base]) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def one_was_sent(**others: Any) -> str:
    """A lead that has had its first mail; its id."""
    launch(**others)
    lead = acting.take(email="ada@example.com")
    enrol(lead)
    sweep()
    accept()
    return lead


def again(moment: datetime) -> None:
    """Plan every message again, with an id of another moment."""
    with unit_of_work() as session:
        own = {"id": first_id("msg", moment)}
        session.execute(text("SELECT campaign_messages_month(:id)"), own)
        session.execute(text(AGAIN), own)


def test_a_step_is_planned_once_though_another_month_has_come(store: Engine) -> None:
    one_was_sent()
    for moment in (datetime.now(UTC), next_month(datetime.now(UTC))):
        with pytest.raises(IntegrityError, match="campaign_message_keys"):
            again(moment)
    assert planned() == [("hello", "accepted")]


def test_a_step_is_planned_once_though_its_month_is_gone(store: Engine) -> None:
    one_was_sent()
    with unit_of_work() as session:
        before = session.execute(select(CampaignMessage.__table__)).mappings().one()
        values = dict(before)
    assert len(keep().dropped) >= 1
    assert planned() == []
    with unit_of_work() as session:
        session.execute(text("SELECT campaign_messages_month(:id)"), {"id": values["id"]})
    with pytest.raises(IntegrityError, match="campaign_message_keys"), unit_of_work() as session:
        session.add(CampaignMessage(**values))


def test_nothing_is_planned_for_an_enrolment_that_is_over(store: Engine) -> None:
    lead = one_was_sent()
    with unit_of_work() as session:
        take_out(session, NAME, [lead], "test", datetime.now(UTC))
    assert rows(MessageKey) == 0
    with pytest.raises(DBAPIError, match="is over"):
        again(next_month(datetime.now(UTC)))


def test_a_month_with_an_open_message_stays_and_is_told_until_it_is_over(store: Engine) -> None:
    one_was_sent()
    for status in ("planned", "uncertain"):
        with unit_of_work() as session:
            why = "x" if status == "uncertain" else None
            session.execute(update(CampaignMessage).values(status=status, why=why))
        month = f"{datetime.now(UTC):%Y%m}"
        assert keep().held_up == {month: 1}
        assert planned() == [("hello", status)]
        with unit_of_work() as session:
            assert held_up(session, datetime.now(UTC) + LATER)[0] == 1
    with unit_of_work() as session:
        session.execute(update(CampaignMessage).values(status="accepted", why=None))
    assert month in keep().dropped
    assert planned() == []
    with unit_of_work() as session:
        assert held_up(session, datetime.now(UTC) + LATER) == (0, None)


def test_what_came_back_goes_with_its_month_and_every_number_stays(store: Engine) -> None:
    one_was_sent(steps=STEPS[:1])
    with unit_of_work() as session:
        message = session.scalars(select(CampaignMessage.id)).one()
    tell(happened("delivered", message))

    def numbers() -> tuple[object, ...]:
        with unit_of_work() as session:
            figures = figures_by_step(session, NAME)
            return counts(session), messages_of(session), figures

    before = numbers()
    assert forget() == 0, "its message is still there"
    keep()
    assert (rows(MessageEvent), rows(CampaignMessage), rows(Enrolment)) == (0, 0, 1)
    assert numbers() == before
    assert forget() == 1
    assert rows(Enrolment) == 0
    assert numbers() == before
    assert tell(happened("delivered", message)).unknown == (0,)


def test_whoever_was_in_a_campaign_long_ago_is_known_to_have_been(store: Engine) -> None:
    lead = one_was_sent(steps=STEPS[:1], reentry={"allow": "never"})
    keep()
    assert forget() == 1
    with pytest.raises(NotEnrolled, match="has been in it"):
        enrol(lead)
    with unit_of_work() as session:
        past = session.scalars(select(PastEnrolment)).one()
        assert (past.lead_id, past.campaign, past.key, past.times) == (lead, NAME, "", 1)


def test_how_often_somebody_was_in_it_is_counted_over_all_times(store: Engine) -> None:
    lead = one_was_sent(steps=STEPS[:1], reentry={"allow": "after_exit", "most": 3})
    for _ in range(2):
        keep()
        assert forget() == 1
        enrol(lead)
        sweep()
        accept()
    with pytest.raises(NotEnrolled, match="as often as"):
        enrol(lead)


def test_who_is_in_it_by_another_key_long_ago_comes_in_by_a_new_one(store: Engine) -> None:
    launch(STEPS[:1], reentry={"allow": "per_key"})
    lead = acting.take(email="ada@example.com")
    enrol(lead, key="order-1")
    sweep()
    accept()
    keep()
    assert forget() == 1
    with pytest.raises(NotEnrolled, match="has been in it"):
        enrol(lead, key="order-1")
    enrol(lead, key="order-2")


def test_who_is_in_it_is_not_forgotten(store: Engine) -> None:
    one_was_sent()
    keep()
    assert forget() == 0
    assert [row.ended_at for row in enrolments()] == [None]


def test_a_lead_that_is_deleted_is_in_none_of_what_is_kept(store: Engine) -> None:
    lead = one_was_sent(steps=STEPS[:1], reentry={"allow": "after_exit"})
    keep()
    forget()
    enrol(lead)
    sweep()
    assert (rows(PastEnrolment), rows(CampaignMessage)) == (1, 1)
    with unit_of_work() as session:
        session.delete(session.get_one(Lead, lead))
    for table in (PastEnrolment, MessageKey, Enrolment, CampaignMessage, MessageEvent):
        assert rows(table) == 0


BEFORE = (
    "INSERT INTO campaign_versions VALUES ('c', 1, '{}', 'h', now(), 'x')",
    "INSERT INTO enrolments (id, campaign, version, lead_id, enrolled_by, began_at, entered_at, "
    "places, ended_at, ended_as) VALUES "
    "('enr_0', 'c', 1, 'lead_1', 'x', now(), now(), '{}', now(), 'x'), "
    "('enr_1', 'c', 1, 'lead_1', 'x', now(), now(), '{}', NULL, NULL)",
    "INSERT INTO campaign_messages (id, enrolment_id, campaign, version, step, lead_id, status, "
    "purpose, due_at) VALUES "
    "(:old, 'enr_0', 'c', 1, 's', 'lead_1', 'accepted', 'service', now()), "
    "(:newer, 'enr_1', 'c', 1, 's', 'lead_1', 'accepted', 'service', now())",
    "SELECT message_events_month(now())",
    "INSERT INTO message_events (noted_at, message_id, kind, happened_at) "
    "VALUES (now(), :old, 'delivered', now())",
)


def write_as_then(connection: Connection) -> None:
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for one in BEFORE:
        named = {"old": OLD, "newer": NEWER}
        connection.execute(text(one), {name: at for name, at in named.items() if f":{name}" in one})


def test_messages_that_there_were_move_to_their_months(engine: Engine) -> None:
    with earlier_store(engine, "0055", write_as_then) as session:
        assert months_of(session) == ["campaign_messages_202510", "campaign_messages_202512"]
        keys = session.execute(select(MessageKey.enrolment_id, MessageKey.step)).tuples().all()
        assert list(keys) == [("enr_1", "s")]
        assert len(session.scalars(select(MessageEvent)).all()) == 1


def months_of(session: Session) -> list[str]:
    asked = "SELECT tableoid::regclass::text FROM campaign_messages ORDER BY id"
    return list(session.scalars(text(asked)))
