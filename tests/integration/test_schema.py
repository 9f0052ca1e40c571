"""The schema is what the tables say, and keeps its own promises."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from features.store import ai_qualifications, lead_events, lead_history, leads, outcomes
from leadflow.assignment.tables import Assignment, Rep
from leadflow.audit import service as audit
from leadflow.leads.tables import Lead, LeadHistory
from leadflow.tables import metadata


def test_the_schema_equals_the_sum_of_the_migrations(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_features_name_only_columns_that_exist() -> None:
    for named in (leads, lead_history, lead_events, outcomes, ai_qualifications):
        real = metadata.tables[named.name]
        assert {column.name for column in named.columns} <= {column.name for column in real.columns}


def test_personal_data_is_not_readable_in_the_store(session: Session) -> None:
    lead = Lead(source="api", email="ada@example.com", email_index="i", first_name="Ada")
    session.add(lead)
    session.flush()
    stored = session.execute(
        text("SELECT leads::text FROM leads WHERE id = :id"), {"id": lead.id}
    ).scalar_one()
    assert "ada" not in stored.lower()
    session.expire(lead)
    assert lead.email == "ada@example.com"


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
    lead, rep = Lead(source="api"), Rep(external_id="r1", name="R", capacity=1)
    session.add_all([lead, rep])
    session.flush()

    def assign() -> None:
        session.add(
            Assignment(lead_id=lead.id, rep_id=rep.id, strategy="hybrid", reason="", trace={})
        )
        session.flush()

    assign()
    with pytest.raises(IntegrityError):
        assign()


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
