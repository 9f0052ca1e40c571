"""Features are as of a moment, and one definition serves one lead and all of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.builder import feature_query
from features.moments import all_leads, leads_between, these_leads
from features.training_moments import AGES_IN_DAYS, labels, training_moments
from leadflow.leads.events.types import read_types
from leadflow.leads.tables import AttributeDefinition, Lead, LeadEvent, Outcome
from leadflow.scoring.serving.feature_frames import custom_definitions
from tests.examples import examples

pytestmark = pytest.mark.uncounted

START = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = START + timedelta(days=30)
EVENT_TYPES = (
    "website_visit",
    "pricing_view",
    "content_download",
    "form_sent",
    "email_open",
    "email_click",
    "email_reply",
    "meeting",
)
minutes = st.integers(min_value=1, max_value=60 * 24 * 60)
events = st.lists(st.tuples(st.sampled_from(EVENT_TYPES), minutes, minutes), max_size=12)
edits = st.lists(
    st.tuples(minutes, st.integers(1, 5000), st.integers(0, 40)),
    max_size=4,
    unique_by=lambda e: e[0],
)


@pytest.fixture
def attributes(session: Session) -> None:
    session.add(AttributeDefinition(name="plan", label="Plan", kind="categorical", dimension="fit"))
    session.add(AttributeDefinition(name="seats", label="Seats", kind="numeric", dimension="fit"))
    session.add(AttributeDefinition(name="trial", label="Trial", kind="boolean", dimension="fit"))
    session.flush()


def put_lead(
    session: Session,
    happened: list[tuple[str, int, int]],
    edited: list[tuple[int, int, int]],
    shift: timedelta = timedelta(0),
) -> str:
    """A lead with these facts; those after MOMENT happen ``shift`` later."""

    def at(minute: int) -> datetime:
        time = START + timedelta(minutes=minute)
        return time if time <= MOMENT else time + shift

    lead = Lead(
        source="test",
        created_at=START,
        known_from=START,
        counted_at=START,
        website_visits=3,
        attributes={"plan": "pro", "seats": 4, "trial": True},
    )
    session.add(lead)
    session.flush()
    for minute, size, visits in sorted(edited):
        lead.known_from, lead.company_size = at(minute), size
        lead.website_visits, lead.counted_at = visits, at(minute)
        lead.attributes = {"plan": f"plan {size % 3}", "seats": size, "trial": size % 2 == 0}
        session.flush()
    for kind, occurred, known in happened:
        session.add(
            LeadEvent(
                lead_id=lead.id,
                type=kind,
                occurred_at=at(occurred),
                known_at=max(at(occurred), at(known)),
                source="test",
            )
        )
    session.flush()
    return lead.id


def features(session: Session, moments: Any) -> dict[str, dict[str, Any]]:
    rows = session.execute(
        feature_query(moments, read_types(session), custom_definitions(session))
    ).mappings()
    return {row["lead_id"]: {k: v for k, v in row.items() if k != "lead_id"} for row in rows}


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(happened=events, edited=edits, shift=st.integers(1, 400))
def test_facts_after_the_moment_change_nothing_and_batch_equals_single(
    session: Session,
    attributes: None,
    happened: list[tuple[str, int, int]],
    edited: list[tuple[int, int, int]],
    shift: int,
) -> None:
    with session.begin_nested() as savepoint:
        lead = put_lead(session, happened, edited)
        moved = put_lead(session, happened, edited, timedelta(days=shift))
        everyone = features(session, all_leads(MOMENT))
        assert everyone[lead] == everyone[moved]
        assert features(session, these_leads(MOMENT, [lead])) == {lead: everyone[lead]}
        assert features(session, leads_between(MOMENT, "", None)) == everyone
        savepoint.rollback()


def test_facts_before_the_moment_do_change_features(session: Session) -> None:
    lead = put_lead(session, [("website_visit", 10, 10), ("meeting", 20, 20)], [])
    known = features(session, these_leads(MOMENT, [lead]))[lead]
    assert (known["website_visits"], known["meetings"]) == (4.0, 1.0)
    earlier = features(session, these_leads(START + timedelta(minutes=15), [lead]))[lead]
    assert (earlier["website_visits"], earlier["meetings"]) == (4.0, 0.0)


def test_counters_are_not_counted_twice(session: Session) -> None:
    lead = put_lead(session, [("website_visit", 10, 10), ("website_visit", 50, 50)], [(30, 9, 7)])
    assert features(session, these_leads(MOMENT, [lead]))[lead]["website_visits"] == 8.0


def test_a_lead_is_absent_before_it_was_known(session: Session) -> None:
    lead = put_lead(session, [], [])
    assert features(session, these_leads(START - timedelta(seconds=1), [lead])) == {}


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        all_leads(datetime(2026, 1, 1))  # noqa: DTZ001


def test_training_looks_at_leads_only_before_their_outcome_and_after_their_horizon(
    session: Session,
) -> None:
    horizon = timedelta(days=90)
    for number in range(60):
        lead = Lead(source="test", created_at=START, known_from=START, external_id=str(number))
        session.add(lead)
        session.flush()
        outcome = "converted" if number % 2 else "lost"
        at = START + timedelta(days=10 if number % 3 else 60)
        session.add(Outcome(lead_id=lead.id, outcome=outcome, occurred_at=at, source="test"))
    session.flush()
    now = START + timedelta(days=100)
    moments = training_moments(now, horizon)
    rows = session.execute(labels(moments, horizon)).all()
    ends = dict(session.execute(select(Outcome.lead_id, Outcome.occurred_at)).tuples().all())
    wins = dict(session.execute(select(Outcome.lead_id, Outcome.outcome)).tuples().all())
    assert rows
    for lead_id, as_of, converted, ever in rows:
        assert as_of < ends[lead_id]
        assert as_of + horizon <= now
        assert converted == ever == (wins[lead_id] == "converted")
        assert (as_of - START).days in AGES_IN_DAYS
    hour = session.execute(labels(moments, timedelta(hours=1))).all()
    assert not any(row.converted for row in hour)
    assert [row.ever for row in hour] == [wins[row.lead_id] == "converted" for row in hour]
