"""The schema is what the tables say, and keeps its own promises."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, ForeignKeyConstraint, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from features.store import (
    ai_qualifications,
    lead_events,
    lead_history,
    leads,
    outcomes,
    quality_flags,
)
from leadflow.assignment.tables import Assignment, Rep, RepLoad
from leadflow.audit import service as audit
from leadflow.leads.tables import Lead, LeadHistory
from leadflow.tables import metadata


def test_the_schema_equals_the_sum_of_the_migrations(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": _no_month,
            },
        )
        assert compare_metadata(context, metadata) == []


def _no_month(item: object, name: str | None, kind: str, reflected: bool, _: object) -> bool:
    """Months of messages and of their events come and go as time does, and with them the keys by
    which they are named."""
    if isinstance(item, ForeignKeyConstraint) and reflected:
        name = item.elements[0].target_fullname.partition(".")[0]
    month = re.fullmatch(r"(campaign_messages|message_events)_\d{6}", name or "")
    return not (kind in ("table", "foreign_key_constraint") and reflected and month)


def test_features_name_only_columns_that_exist() -> None:
    for named in (leads, lead_history, lead_events, outcomes, ai_qualifications, quality_flags):
        real = metadata.tables[named.name]
        assert {column.name for column in named.columns} <= {column.name for column in real.columns}


def test_personal_data_is_not_readable_in_the_store(session: Session) -> None:
    lead = Lead(source="api", email="grace@example.com", email_index="i", first_name="Grace")
    session.add(lead)
    session.flush()
    stored = session.execute(
        text("SELECT leads::text FROM leads WHERE id = :id"), {"id": lead.id}
    ).scalar_one()
    # No letters that hexadecimal ids and ciphertext could spell by chance.
    assert "grace" not in stored.lower()
    session.expire(lead)
    assert lead.email == "grace@example.com"


def test_an_edit_keeps_what_was_known_before(session: Session) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lead = Lead(source="api", industry="retail", known_from=start)
    session.add(lead)
    session.flush()
    lead.industry, lead.known_from = "technology", start + timedelta(days=2)
    session.flush()
    history = session.scalars(select(LeadHistory)).one()
    assert (history.industry, history.known_from) == ("retail", start)
    assert history.known_until == start + timedelta(days=2)


def test_a_lead_never_has_two_active_assignments(session: Session) -> None:
    lead, rep = Lead(source="api"), Rep(external_id="r1", name="R", capacity=2)
    session.add_all([lead, rep])
    session.flush()
    _assign(session, rep, lead)
    with pytest.raises(IntegrityError, match="uq_assignments_active"):
        _assign(session, rep, lead)


def test_a_salesperson_never_has_more_leads_in_work_than_the_capacity(session: Session) -> None:
    rep = Rep(external_id="r1", name="R", capacity=2)
    leads = [Lead(source="api") for _ in range(3)]
    session.add_all([rep, *leads])
    session.flush()
    first = _assign(session, rep, leads[0])
    _assign(session, rep, leads[1])
    with pytest.raises(IntegrityError, match="as many leads in work"), session.begin_nested():
        _assign(session, rep, leads[2])
    first.ended_at, first.end_reason = datetime.now(UTC), "lost"
    session.flush()
    _assign(session, rep, leads[2])
    load = session.get_one(RepLoad, rep.id)
    assert (load.open_leads, load.received) == (2, 3)
    session.delete(leads[2])
    session.flush()
    session.refresh(load)
    assert (load.open_leads, load.received) == (1, 3)


def test_the_fallback_owner_has_no_limit_and_is_one(session: Session) -> None:
    owner = Rep(external_id="r1", name="R", capacity=None, is_fallback=True)
    leads = [Lead(source="api") for _ in range(3)]
    session.add_all([owner, *leads])
    session.flush()
    for lead in leads:
        _assign(session, owner, lead)
    for another in (
        Rep(external_id="r2", name="S", capacity=None),
        Rep(external_id="r3", name="T", capacity=1, is_fallback=True),
        Rep(external_id="r4", name="U", capacity=1, is_fallback=True, active=False),
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(another)


def _assign(session: Session, rep: Rep, lead: Lead) -> Assignment:
    made = Assignment(
        lead_id=lead.id,
        rep_id=rep.id,
        strategy="hybrid",
        reason="",
        source="sweep",
        assigned_by="assign_leads",
    )
    session.add(made)
    session.flush()
    return made


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"])
def test_the_audit_log_refuses_to_be_rewritten(session: Session, statement: str) -> None:
    audit.record(session, "test", "did", "thing")
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(statement))


def test_a_tampered_audit_entry_is_found_by_its_number(session: Session) -> None:
    for number in range(5):
        audit.record(session, "test", "did", f"thing {number}")
    assert audit.first_broken(session) is None
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text("UPDATE audit_log SET detail = '{\"n\": 1}' WHERE number = 3"))
    session.expire_all()
    assert audit.first_broken(session) == 3
