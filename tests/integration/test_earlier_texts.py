"""Leads that were stored before texts had one form, and values one note, get both."""

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select, text

from features.normal_forms import plain_text
from leadflow.leads.said import last_said
from leadflow.leads.tables import Lead, LeadHistory
from tests.integration.earlier_store import earlier_store

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)
SPELLED = ("Mu\u0308ller\u2019s\u00a0 \u201eHaus\u201c", "Ac\u200bme\ufeff", "VP – Sales", "plain")


def _as_then(connection: Connection) -> None:
    insert = text(
        "INSERT INTO leads (id, source, company_name, updated_at) VALUES (:i, 's', :n, :at)"
    )
    for number, name in enumerate(SPELLED):
        connection.execute(insert, {"i": f"lead_{number}", "n": name, "at": AT})


def test_what_is_stored_has_the_form_that_new_texts_get(engine: Engine) -> None:
    with earlier_store(engine, "0025", _as_then) as session:
        leads = session.scalars(select(Lead).order_by(Lead.id)).all()
        assert [one.company_name for one in leads] == [plain_text(name) for name in SPELLED]
        assert session.scalars(select(LeadHistory)).all() == []
        known = {"said": leads[0].said, "attributes": {}, "company_name": "there"}
        assert last_said(known, "company_name") == "2026-05-04T09:00:00.000000Z|||"
