"""Taking one lead in, and reading it back."""

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, func, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, make_transient_to_detached

from leadflow.database.ids import new_id
from leadflow.leads import derive
from leadflow.leads.attributes import register_seen
from leadflow.leads.changes import mark_changed
from leadflow.leads.event_types import read_types
from leadflow.leads.places import place
from leadflow.leads.schemas import LeadFields, LeadIn
from leadflow.leads.tables import Lead, LeadEvent
from leadflow.observability.steps import step
from leadflow.privacy.encryption import get_cipher
from leadflow.settings import get_settings

ATTEMPTS = 5
BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)
COUNTERS = ("website_visits", "email_opens", "content_downloads")
COUNTED_EVENTS = {
    "website_visits": "website_visit",
    "email_opens": "email_open",
    "content_downloads": "content_download",
}
LEADS = cast(Table, Lead.__table__)
NOTHING_KNOWN: dict[str, Any] = {column.name: None for column in LEADS.columns} | {
    "email_kind": "none",
    "has_phone": False,
}
# As text, because SQLAlchemy puts a statement with ON CONFLICT together anew each time.
INSERT = text(
    f"INSERT INTO leads ({', '.join(NOTHING_KNOWN)}) "
    f"VALUES ({', '.join(f':{name}' for name in NOTHING_KNOWN)}) "
    "ON CONFLICT DO NOTHING RETURNING id"
).bindparams(*(bindparam(column.name, type_=column.type) for column in LEADS.columns))
AS_GIVEN = ("first_name", "last_name", "company_name", "company_size", "service_requirements")


class LeadNotFound(RuntimeError):
    """There is no lead with this id."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"There is no lead {lead_id}. Ids look like lead_0199a3f2….")


class LeadKeepsChanging(RuntimeError):
    """The same lead was being written by too many others at once; send it again."""


def get_lead(session: Session, lead_id: str) -> Lead:
    """The lead with this id.

    Raises:
        LeadNotFound: there is none.
    """
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise LeadNotFound(lead_id)
    return lead


def lock_lead(session: Session, lead_id: str) -> Lead:
    """The lead with this id, held until this transaction ends: whoever else writes facts about it
    and scores it waits. Look at the clock after this, so that later facts are later.

    Raises:
        LeadNotFound: there is none.
    """
    statement = select(Lead).where(Lead.id == lead_id).with_for_update(key_share=True)
    lead = session.scalars(statement.execution_options(populate_existing=True)).first()
    if lead is None:
        raise LeadNotFound(lead_id)
    return lead


def email_index_of(email: str) -> str:
    """What a lead's e-mail address, which is stored encrypted, is found by."""
    return get_cipher().blind_index(derive.normalise_email(email), "email")


@step("store")
def upsert_lead(
    session: Session, lead: LeadIn, now: datetime, mark: bool = True
) -> tuple[Lead, bool]:
    """Store a lead, or update the one with its e-mail address or its (source, external_id).

    Only the fields that were given change; ``attributes`` are merged by name. The e-mail address
    decides where the two point to different leads. Attributes seen for the first time become
    features.

    Args:
        mark: False where the caller scores the lead in the same unit of work.

    Returns:
        The stored lead, and whether it is new.

    Raises:
        LeadKeepsChanging: five attempts each met another writer of the same lead.
    """
    register_seen(session, lead.attributes)
    email_index = email_index_of(lead.email)
    for _ in range(ATTEMPTS):
        written = _write(session, lead, email_index, now)
        if written is not None:
            stored, created, changed = written
            if changed and mark:
                mark_changed(session, [stored.id])
            return stored, created
    raise LeadKeepsChanging("Others were writing this lead at the same time. Send it again.")


def _write(
    session: Session, lead: LeadIn, email_index: str, now: datetime
) -> tuple[Lead, bool, bool] | None:
    """The stored lead, whether it is new, whether anything is; None where another came between."""
    # Most leads are new: only where the store says that one is known is it looked for.
    stored = _insert(session, lead, email_index, now)
    if stored is not None:
        return stored, True, True
    known = _find(session, lead, email_index)
    if known is None:
        return None  # it was there a moment ago
    try:
        with session.begin_nested():
            changed = change_lead(session, known, lead, email_index, now)
    except IntegrityError:
        return None  # somebody else has just taken the e-mail address: find that lead
    session.refresh(known)
    return known, False, changed


def _find(session: Session, lead: LeadIn, email_index: str) -> Lead | None:
    same_id = (Lead.source == lead.source) & (Lead.external_id == lead.external_id)
    same_email = Lead.email_index == email_index
    lead_id = session.scalar(
        select(Lead.id)
        .where(same_email if lead.external_id is None else or_(same_email, same_id))
        .order_by(case((same_email, 0), else_=1))
        .limit(1)
        .with_for_update()
    )
    return None if lead_id is None else session.get(Lead, lead_id, populate_existing=True)


def _insert(session: Session, lead: LeadIn, email_index: str, now: datetime) -> Lead | None:
    """The new lead; None where one of its e-mail address or id is known."""
    values = NOTHING_KNOWN | _columns(lead)
    values |= {
        "id": new_id("lead"),
        "source": lead.source,
        "external_id": lead.external_id,
        "email_index": email_index,
        "created_at": now,
        "known_from": now,
        "updated_at": now,
        "attributes": lead.attributes,
    }
    if any(getattr(lead, counter) is not None for counter in COUNTERS):
        values["counted_at"] = now
    if session.connection().execute(INSERT, values).first() is None:
        return None
    stored = Lead(**values)
    make_transient_to_detached(stored)
    session.add(stored)
    return stored


def change_lead(
    session: Session, known: Lead, lead: LeadFields, email_index: str | None, now: datetime
) -> bool:
    """Change the fields that were given; whether any of them said something new."""
    given = _columns(lead) | {"email_index": email_index}
    if "attributes" in lead.model_fields_set:
        given["attributes"] = known.attributes | lead.attributes
    if _can_take_id(session, known, lead):
        given["external_id"] = lead.external_id
    changed = {name for name, value in given.items() if getattr(known, name) != value}
    for name in changed:
        setattr(known, name, given[name])
    if changed.intersection(COUNTERS):
        _carry_over(session, known, set(COUNTERS) - lead.model_fields_set)
        known.counted_at = now
    if changed:
        known.known_from = known.updated_at = now
    session.flush()
    return bool(changed)


def _carry_over(session: Session, known: Lead, not_given: set[str]) -> None:
    """Add what was seen since the last count to the counters that are not counted anew now: they
    share one moment of counting, and from the new one on only later events are added to them."""
    types = read_types(session)
    for counter in sorted(not_given):
        seen = session.scalar(
            select(func.count()).where(
                LeadEvent.lead_id == known.id,
                LeadEvent.type.in_(types.counted_as(COUNTED_EVENTS[counter])),
                LeadEvent.occurred_at > (known.counted_at or BEFORE_ALL),
            )
        )
        if seen:
            setattr(known, counter, (getattr(known, counter) or 0) + seen)


def _can_take_id(session: Session, known: Lead, lead: LeadFields) -> bool:
    if lead.external_id is None or known.external_id is not None or known.source != lead.source:
        return False
    same_id = (Lead.source == lead.source) & (Lead.external_id == lead.external_id)
    return session.scalars(select(Lead.id).where(same_id)).first() is None


def _columns(lead: LeadFields) -> dict[str, Any]:
    """The columns of the fields that were given, with what is derived from them."""
    given = lead.model_fields_set
    columns: dict[str, Any] = {}
    if "email" in given:
        email = derive.normalise_email(lead.email) if lead.email else None
        columns |= {"email": email, "email_kind": derive.email_kind(email)}
    columns |= {name: getattr(lead, name) for name in (*AS_GIVEN, *COUNTERS) if name in given}
    if "industry" in given:
        columns["industry"] = lead.industry.lower() if lead.industry else None
    if "phone" in given:
        columns["phone"] = derive.normalise_phone(lead.phone)
        columns["has_phone"] = columns["phone"] is not None
    if "job_title" in given:
        columns |= {"job_title": lead.job_title, "seniority": derive.seniority(lead.job_title)}
    if "timeline" in given:
        months = derive.timeline_months(lead.timeline)
        columns |= {"timeline": lead.timeline, "timeline_months": months}
    return columns | _place(lead) | _budget(lead)


def _place(lead: LeadFields) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "location" in lead.model_fields_set:
        columns["location"] = lead.location
    if {"location", "country"} & lead.model_fields_set:
        columns["country"], columns["region"] = place(lead.location, lead.country)
    return columns


def _budget(lead: LeadFields) -> dict[str, Any]:
    if "budget" not in lead.model_fields_set:
        return {}
    if lead.budget is None:
        return {"budget_minor": None, "budget_currency": None}
    currency = lead.currency or get_settings().default_currency
    return {"budget_minor": round(lead.budget * 100), "budget_currency": currency}
