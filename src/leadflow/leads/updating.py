"""Changing a known lead by what is sent of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.leads.columns import COUNTERS, given_columns
from leadflow.leads.events.types import read_types
from leadflow.leads.said import names_of, note
from leadflow.leads.schemas import LeadFields
from leadflow.leads.tables import Lead, LeadEvent

BEFORE_ALL = datetime(1, 1, 2, tzinfo=UTC)
COUNTED_EVENTS = {
    "website_visits": "website_visit",
    "email_opens": "email_open",
    "content_downloads": "content_download",
}
# ``all``: every field that is sent; ``empty``: fields that nothing is known of; ``nothing``.
MayChange = Literal["all", "empty", "nothing"]
PLACE = {"location", "country", "region"}
STORED_AS = {"budget": "budget_minor", "currency": "budget_currency"}


def update_lead(
    session: Session,
    known: Lead,
    lead: LeadFields,
    email_index: str | None,
    now: datetime,
    may: MayChange,
    takes_id: bool,
) -> bool:
    """Like ``change_lead``, as far as whoever sends it may; what they may not is left out."""
    if may == "all":
        return change_lead(session, known, lead, email_index, now, takes_id)
    if may == "nothing":
        return False
    own = known.email_index or email_index
    return change_lead(session, known, only_missing(known, lead), own, now)


def change_lead(
    session: Session,
    known: Lead,
    lead: LeadFields,
    email_index: str | None,
    now: datetime,
    takes_id: bool = False,
) -> bool:
    """Change the fields that were given; whether any of them said something new. The caller
    flushes. ``takes_id``: nobody else has the (source, external_id), and a lead without an
    external id gets it."""
    given = given_columns(lead, known) | {"email_index": email_index}
    if given.get("budget_minor") is not None and lead.currency is None:
        given["budget_currency"] = known.budget_currency or given["budget_currency"]
    if "attributes" in lead.model_fields_set:
        kept = {n: v for n, v in known.attributes.items() if n not in lead.attributes}
        given["attributes"] = kept | lead.known_attributes()
    if takes_id and known.external_id is None and known.source == lead.source:
        given["external_id"] = lead.external_id
    changed = {name for name, value in given.items() if getattr(known, name) != value}
    for name in changed:
        setattr(known, name, given[name])
    names = names_of(lead.model_fields_set, lead.attributes)
    known.said = known.said | dict.fromkeys(names, note(now))
    if changed.intersection(COUNTERS):
        _carry_over(session, known, set(COUNTERS) - lead.model_fields_set)
        known.counted_at = now
    if changed:
        known.known_from = known.updated_at = now
    return bool(changed)


def _carry_over(session: Session, known: Lead, not_given: set[str]) -> None:
    """Add what was seen since the last count to the counters that are not counted anew now: they
    share one moment of counting, and from the new one on only later events are added to them."""
    for counter, seen in _seen_since(session, known, not_given).items():
        if seen:
            setattr(known, counter, (getattr(known, counter) or 0) + seen)


def counters_now(session: Session, lead: Lead) -> dict[str, int]:
    """The three counters as scores count them: what was reported, and what was seen since. One of
    which nothing was reported and nothing seen is absent."""
    seen = _seen_since(session, lead, COUNTERS)
    now = {name: (getattr(lead, name) or 0) + seen[name] for name in COUNTERS}
    return {name: count for name, count in now.items() if count or getattr(lead, name) is not None}


def _seen_since(session: Session, lead: Lead, counters: Iterable[str]) -> dict[str, int]:
    """How often each happened since the counters were last reported."""
    types = read_types(session)
    seen = {}
    for counter in sorted(counters):
        happened = select(func.count()).where(
            LeadEvent.lead_id == lead.id,
            LeadEvent.type.in_(types.counted_as(COUNTED_EVENTS[counter])),
            LeadEvent.occurred_at > (lead.counted_at or BEFORE_ALL),
        )
        seen[counter] = session.scalar(happened) or 0
    return seen


def only_missing(known: Lead, lead: LeadFields) -> LeadFields:
    """The lead with only those of its fields that nothing is known of yet, attributes by name.
    Counts share the moment at which they were taken: none is added where there are some."""
    counted = known.counted_at is not None
    given = {
        name
        for name in lead.model_fields_set
        if name == "attributes" or _is_missing(known, name, counted)
    }
    # What is told of a place by one is told by the other, and derived from both.
    if any(getattr(known, name) is not None for name in PLACE):
        given -= PLACE
    # A budget and its currency are one value.
    given -= set() if known.budget_minor is None else {"currency"}
    values = {name: getattr(lead, name) for name in type(lead).model_fields}
    values["attributes"] = {
        name: value for name, value in lead.attributes.items() if name not in known.attributes
    }
    return type(lead).model_construct(_fields_set=given, **values)


def _is_missing(known: Lead, name: str, counted: bool) -> bool:
    if name in COUNTERS:
        return not counted
    return getattr(known, STORED_AS.get(name, name)) is None
