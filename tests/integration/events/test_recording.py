"""Events of many leads are stored in one statement, each once, and each says what became of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from leadflow.leads.events.recording import (
    EventIdTaken,
    EventIn,
    MomentInFuture,
    record_events,
    store_events,
)
from leadflow.leads.events.types import UnknownEventType
from leadflow.leads.tables import ChangedLead, Lead, LeadEvent

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def leads(session: Session, count: int) -> list[str]:
    made = [Lead(source="api", created_at=NOW, known_from=NOW) for _ in range(count)]
    session.add_all(made)
    session.flush()
    return [lead.id for lead in made]


def stored(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LeadEvent)) or 0


def test_events_of_many_leads_say_in_order_what_became_of_each(session: Session) -> None:
    one, two = leads(session, 2)
    known = EventIn(type="meeting", external_id="7")
    record_events(session, [(one, known)], NOW)
    fresh, bare = EventIn(type="form_sent", external_id="8"), EventIn(type="form_sent")
    given = [(two, bare), (one, known), (two, fresh), (two, fresh), (two, known), (one, bare)]
    result = store_events(session, given, NOW)
    assert result.became == ("new", "known", "new", "known", "another", "new")
    assert (result.new, result.known, stored(session)) == (3, 2, 4)
    assert set(session.scalars(select(ChangedLead.lead_id))) == {one, two}


def test_an_event_of_another_lead_is_an_error_for_those_who_store_all_or_none(
    session: Session,
) -> None:
    one, two = leads(session, 2)
    known = EventIn(type="meeting", external_id="7")
    with pytest.raises(EventIdTaken, match="7"):
        record_events(session, [(one, known), (two, known)], NOW)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (EventIn(type="meating"), UnknownEventType),
        (EventIn(type="meeting", occurred_at=NOW + timedelta(hours=1)), MomentInFuture),
    ],
)
def test_one_wrong_event_stores_none(
    session: Session, wrong: EventIn, error: type[Exception]
) -> None:
    [lead_id] = leads(session, 1)
    with pytest.raises(error):
        record_events(session, [(lead_id, EventIn(type="meeting")), (lead_id, wrong)], NOW)
    assert stored(session) == 0


def test_a_thousand_events_of_a_hundred_leads_cost_as_many_statements_as_one(
    session: Session, engine: Engine
) -> None:
    ids = leads(session, 100)
    given = [(ids[n % 100], EventIn(type="meeting", external_id=str(n))) for n in range(1000)]
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    one = len(said)
    record_events(session, given[:1], NOW)
    one = len(said) - one
    many = len(said)
    assert record_events(session, given[1:], NOW).new == 999
    assert len(said) - many == one
    assert stored(session) == 1000
