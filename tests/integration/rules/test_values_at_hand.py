"""Of rows that were read already, a lead's values are those the store gives."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.conditions.fields import RowsAtHand, as_of
from leadflow.leads.tables import Lead
from leadflow.rules.field_catalogue import CATALOGUE
from leadflow.rules.service import lead_source, values_of
from leadflow.scoring.tables import LeadScore, ScoreOverride
from tests.integration.test_assignment import NOW, put_lead


@pytest.mark.parametrize("overridden", [False, True])
def test_values_at_hand_are_those_of_the_store(session: Session, overridden: bool) -> None:
    lead_id = put_lead(
        session,
        71.5,
        "warm",
        country="DE",
        industry="retail",
        company_size=12,
        budget_minor=123_450,
        budget_currency="EUR",
        service_requirements=["crm"],
        website_visits=3,
        attributes={"plan": "pro", "seats": 12, "share": 0.25, "trial": True, "none": None},
    )
    override = None
    if overridden:
        override = ScoreOverride(
            lead_id=lead_id,
            new_score=90.0,
            level="hot",
            model_score=71.5,
            model_points=71.5,
            model_probability=0.5,
            model_version="1",
            reason="r",
            override_by="m",
            status="active",
            in_force_from=NOW,
            created_at=NOW,
            expires_at=datetime.now(UTC) + timedelta(days=900),
        )
        session.add(override)
        session.flush()
    lead = session.get_one(Lead, lead_id)
    session.refresh(lead)
    score = session.get_one(LeadScore, (lead_id, NOW))
    now = lead.created_at + timedelta(days=3)
    rows = [RowsAtHand(lead, score, override, now)]
    at_hand = values_of(session, rows, now, stored=False)[lead_id]
    all_of_it = values_of(session, rows, now)[lead_id]
    of_events = {name for name in all_of_it if name.startswith("events.")}
    assert "events.meeting.count" in of_events
    of_people = {"tags", "open_tasks", "overdue_tasks"}
    of_store = {"last_event_at", "lost_days", *of_people, *of_events}
    assert all_of_it.keys() - at_hand.keys() == of_store
    assert at_hand.keys() - CATALOGUE.keys() == {
        f"attributes.{name}" for name in ("plan", "seats", "share", "trial", "none")
    }
    columns = {
        name: CATALOGUE[name].expression(as_of(now)).label(name)
        for name in at_hand.keys() & CATALOGUE.keys()
    }
    query = select(*columns.values()).select_from(lead_source(now)).where(Lead.id == lead_id)
    in_sql = dict(zip(columns, session.execute(query).one(), strict=True))
    assert in_sql == {name: at_hand[name] for name in in_sql}
