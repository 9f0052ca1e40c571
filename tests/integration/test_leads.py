"""A lead is taken in once, whoever sends it and however often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from leadflow.database.engine import unit_of_work
from leadflow.leads import upsert
from leadflow.leads.merging.identity import lock_known
from leadflow.leads.schemas import LeadIn
from leadflow.leads.service import LeadNotFound, get_lead
from leadflow.leads.tables import AttributeDefinition, Lead, LeadEvent, LeadHistory
from leadflow.leads.upsert import upsert_lead, upsert_leads

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


def lead_in(**fields: object) -> LeadIn:
    return LeadIn.model_validate({"email": "ada@example.com"} | fields)


def test_a_new_lead_is_derived_from_its_words(session: Session) -> None:
    lead, created = upsert_lead(
        session,
        lead_in(
            job_title="VP of Marketing",
            location="San Francisco, CA",
            budget=25000.5,
            timeline="1-3 months",
            phone="+1 415 555 0123",
            industry="Technology",
            website_visits=8,
        ),
        NOW,
    )
    assert created
    assert (lead.email_kind, lead.has_phone, lead.seniority) == ("company", True, "vice president")
    assert (lead.country, lead.region, lead.timeline_months) == ("US", "CA", 3.0)
    assert (lead.budget_minor, lead.budget_currency) == (2_500_050, "USD")
    assert (lead.industry, lead.counted_at, lead.known_from) == ("technology", NOW, NOW)


def test_an_update_changes_only_what_was_given(session: Session) -> None:
    first, _ = upsert_lead(session, lead_in(industry="retail", website_visits=8), NOW)
    again, created = upsert_lead(
        session, lead_in(email=" ADA@Example.com ", company_size=20, website_visits=8), LATER
    )
    assert (again.id, created) == (first.id, False)
    assert (again.industry, again.company_size) == ("retail", 20)
    assert (again.counted_at, again.known_from, again.updated_at) == (NOW, LATER, LATER)
    assert session.scalar(select(func.count()).select_from(LeadHistory)) == 1


def test_an_update_that_says_nothing_new_leaves_no_trace(session: Session) -> None:
    first, _ = upsert_lead(session, lead_in(industry="retail", attributes={"plan": "pro"}), NOW)
    again, _ = upsert_lead(session, lead_in(industry="retail", attributes={"plan": "pro"}), LATER)
    assert (again.id, again.known_from, again.updated_at) == (first.id, NOW, NOW)
    assert session.scalar(select(func.count()).select_from(LeadHistory)) == 0


def test_changed_counters_move_the_moment_they_were_read(session: Session) -> None:
    upsert_lead(session, lead_in(website_visits=8), NOW)
    lead, _ = upsert_lead(session, lead_in(website_visits=9), LATER)
    assert (lead.website_visits, lead.counted_at) == (9, LATER)


def test_an_external_id_finds_the_lead_under_its_new_address(session: Session) -> None:
    first, _ = upsert_lead(session, lead_in(source="crm", external_id="7"), NOW)
    moved, created = upsert_lead(
        session, lead_in(email="ada@gmail.com", source="crm", external_id="7"), LATER
    )
    assert (moved.id, created) == (first.id, False)
    assert (moved.email, moved.email_kind) == ("ada@gmail.com", "free")


def test_any_number_of_known_leads_without_ids_are_sent_again_at_once(session: Session) -> None:
    sent = [lead_in(email=f"ada{number}@example.com", source="api") for number in range(10)]
    first = upsert_leads(session, sent, NOW)
    again = upsert_leads(session, sent, LATER)
    assert [one.lead.id for one in again] == [one.lead.id for one in first]
    assert not any(one.created or one.changed for one in again)


def test_a_lead_that_has_just_gone_is_never_taken_for_another_without_an_id(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays = lead_in(email="stays@example.com", source="api", first_name="Stays")
    goes = lead_in(email="goes@example.com", source="api", first_name="Goes")
    with unit_of_work(store) as session:
        gone, _ = (one.lead.id for one in upsert_leads(session, [goes, stays], NOW))

    def gone_before(session: Session, *asked: Any) -> Any:
        with unit_of_work(store) as other:
            other.execute(delete(Lead).where(Lead.id == gone))
        return lock_known(session, *asked)

    monkeypatch.setattr(upsert, "lock_known", gone_before)
    with unit_of_work(store) as session:
        new, known = upsert_leads(session, [goes, stays], LATER)
        assert (known.lead.first_name, new.lead.first_name) == ("Stays", "Goes")
        assert (known.created, new.created) == (False, True)


def test_attributes_are_merged_and_become_features(session: Session) -> None:
    upsert_lead(session, lead_in(attributes={"seats": 5, "trial": True}), NOW)
    lead, _ = upsert_lead(session, lead_in(attributes={"seats": 9, "plan": "pro"}), LATER)
    assert lead.attributes == {"seats": 9, "trial": True, "plan": "pro"}
    kinds = session.execute(select(AttributeDefinition.name, AttributeDefinition.kind)).tuples()
    assert dict(kinds.all()) == {"seats": "numeric", "trial": "boolean", "plan": "categorical"}


def test_writers_at_once_never_make_two_leads(store: Engine) -> None:
    def write(number: int) -> bool:
        body = {"company_size": number, "attributes": {"a": 1, "b": number}}
        if number % 2:
            body |= {"email": f"ada{number % 4}@example.com", "source": "crm", "external_id": "7"}
        with unit_of_work(store) as session:
            return upsert_lead(session, lead_in(**body), datetime.now(UTC))[1]

    with ThreadPoolExecutor(12) as pool:
        created = list(pool.map(write, range(48)))
    with Session(store) as session:
        leads = session.scalars(select(Lead)).all()
    assert sum(created) == len(leads)
    assert len({lead.email for lead in leads}) == len(leads)
    assert len([lead for lead in leads if lead.external_id == "7"]) == 1


def test_thirty_writers_of_one_address_make_one_lead(store: Engine) -> None:
    together = Barrier(30)

    def write(number: int) -> bool:
        with unit_of_work(store) as session:
            together.wait(timeout=30)
            return upsert_lead(session, lead_in(company_size=number), datetime.now(UTC))[1]

    with ThreadPoolExecutor(30) as pool:
        created = list(pool.map(write, range(30)))
    with Session(store) as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 1
    assert created.count(True) == 1


def test_a_lead_that_is_not_there_is_said_to_be(session: Session) -> None:
    with pytest.raises(LeadNotFound, match="lead_0"):
        get_lead(session, "lead_0")


def test_counting_one_thing_anew_keeps_what_was_seen_of_the_others(session: Session) -> None:
    lead, _ = upsert_lead(session, lead_in(website_visits=8, email_opens=5), NOW)
    for kind in ("website_visit", "email_open", "email_open", "content_download"):
        session.add(
            LeadEvent(lead_id=lead.id, type=kind, occurred_at=NOW + timedelta(hours=1), source="t")
        )
    session.flush()
    upsert_lead(session, lead_in(website_visits=20), LATER)
    assert (lead.website_visits, lead.email_opens, lead.content_downloads) == (20, 7, 1)
    assert lead.counted_at == LATER
