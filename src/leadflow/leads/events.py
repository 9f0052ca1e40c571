"""What leads do, as it arrives: checked, and stored once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.leads.changes import mark_changed
from leadflow.leads.schemas import Short, Text
from leadflow.leads.tables import LeadEvent

EventType = Literal[
    "website_visit",
    "content_download",
    "pricing_view",
    "form_sent",
    "email_open",
    "email_click",
    "email_reply",
    "meeting",
    "unsubscribe",
    "rep_call",
    "rep_email",
    "rep_meeting",
]
# What a salesperson did with the lead: it counts as getting in touch, never as the lead's doing.
TOUCH_TYPES = ("rep_call", "rep_email", "rep_meeting")
EVENT_TYPES: tuple[str, ...] = get_args(EventType)
AHEAD = timedelta(minutes=5)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
Past = Annotated[AwareDatetime, Field(ge=EARLIEST)]


class MomentInFuture(ValueError):
    """Something is said to have happened at a moment that has not come yet."""

    def __init__(self) -> None:
        super().__init__(
            "occurred_at lies more than five minutes in the future. Send when it happened, with "
            "its time zone, or leave it out for now."
        )


class EventOfAnotherLead(ValueError):
    """An event's (source, external_id) is known as something another lead did."""

    def __init__(self, external_id: str) -> None:
        super().__init__(
            f"The event {external_id} of this source is known as another lead's. Nothing was "
            "stored; send each event with an id of its own."
        )


class EventIn(BaseModel):
    """Something a lead did, or (``rep_…``) a salesperson with it. One sent again with its
    ``external_id`` is stored once."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: EventType
    occurred_at: Past | None = Field(default=None, description="With a time zone. Unset: now.")
    external_id: Short = Field(default=None, description="Your own id of this event.")
    source: Text = Field(default="api", description="The system it comes from.")


@dataclass(frozen=True)
class StoredEvents:
    """How many events were new, and how many were known already."""

    new: int
    known: int


def happened_at(said: datetime | None, now: datetime) -> datetime:
    """When a fact happened: now where nothing is said, or where a clock runs a little ahead.

    Raises:
        MomentInFuture: more than five minutes ahead.
    """
    if said is None:
        return now
    if said > now + AHEAD:
        raise MomentInFuture
    return min(said, now)


def record_events(
    session: Session,
    lead_id: str,
    events: Sequence[EventIn],
    now: datetime,
    mark: bool = True,
) -> StoredEvents:
    """Store what a lead did, known from ``now`` on.

    Args:
        mark: False where the caller scores the lead in the same unit of work.

    Raises:
        MomentInFuture: an event lies more than five minutes ahead.
        EventOfAnotherLead: an event is known as another lead's.
    """
    rows = [
        {
            "lead_id": lead_id,
            "type": event.type,
            "occurred_at": happened_at(event.occurred_at, now),
            "known_at": now,
            "source": event.source,
            "external_id": event.external_id,
        }
        for event in sorted(events, key=lambda event: (event.source, event.external_id or ""))
    ]
    statement = insert(LeadEvent).on_conflict_do_nothing(
        index_elements=["source", "external_id"], index_where=text("external_id IS NOT NULL")
    )
    new = len(session.execute(statement.returning(LeadEvent.id), rows).all()) if rows else 0
    if new < len(rows):
        _refuse_anothers(session, lead_id, events)
    if new and mark:
        mark_changed(session, [lead_id])
    return StoredEvents(new, len(rows) - new)


def _refuse_anothers(session: Session, lead_id: str, events: Sequence[EventIn]) -> None:
    named = [(event.source, event.external_id) for event in events if event.external_id]
    anothers = session.scalars(
        select(LeadEvent.external_id)
        .where(tuple_(LeadEvent.source, LeadEvent.external_id).in_(named))
        .where(LeadEvent.lead_id != lead_id)
        .limit(1)
    ).first()
    if anothers is not None:
        raise EventOfAnotherLead(anothers)
