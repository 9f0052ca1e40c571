"""Recording of lead events: checked, and stored once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from features.event_types import EventTypes
from leadflow.database.copying import driver_connection
from leadflow.exact import Moment
from leadflow.leads.changes import mark_changed
from leadflow.leads.events.payloads import PayloadRefused, check_payload
from leadflow.leads.events.types import UnknownEventType, read_types
from leadflow.leads.schemas import Short, Text
from leadflow.leads.tables import EVENT_PAYLOAD
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.columns import json_text

AHEAD = timedelta(minutes=5)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
HAPPENED = "With a time zone, of 1970 or later. Unset: now."


def _of_1970_or_later(moment: datetime) -> datetime:
    if moment < EARLIEST:
        raise ValueError("must be of 1970 or later, such as 2026-03-01T09:00:00Z")
    return moment


Past = Annotated[Moment, AfterValidator(_of_1970_or_later)]
Became = Literal["new", "known", "another"]
# One statement for all, whatever their number: PostgreSQL plans it once.
INSERT = """
WITH given AS (
    SELECT * FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[],
        %s::bytea[]) AS g (lead_id, type, occurred_at, source, external_id, payload)
), written AS (
    INSERT INTO lead_events (lead_id, type, occurred_at, source, external_id, payload, known_at)
    SELECT *, %s::timestamptz FROM given
    ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL DO NOTHING
    RETURNING source, external_id
)
SELECT source, external_id FROM written WHERE external_id IS NOT NULL
"""
WHOSE = """
SELECT e.source, e.external_id, coalesce(l.merged_into, l.id), e.type
FROM lead_events e JOIN leads l ON l.id = e.lead_id
WHERE (e.source, e.external_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""


class MomentInFuture(ValueError):
    """Something is said to have happened at a moment that has not come yet."""

    def __init__(self) -> None:
        super().__init__(
            "occurred_at lies more than five minutes in the future. Send when it happened, with "
            "its time zone, or leave it out for now."
        )


class EventIdTaken(ValueError):
    """An event's (source, external_id) is known as something another lead did, or as something
    else that this one did."""

    def __init__(self, external_id: str | None) -> None:
        super().__init__(
            f"The event {external_id} of this source is known already, as another lead's or as one "
            "of another type. Send each event with an id of its own."
        )


class EventIn(BaseModel):
    """Something a lead did, or a salesperson with it. One sent again with its ``external_id`` is
    stored once."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    type: Text = Field(
        description="One of `GET /event-types`, such as website_visit or meeting.",
        examples=["meeting"],
    )
    occurred_at: Past | None = Field(default=None, description=HAPPENED)
    external_id: Short = Field(default=None, description="Your own id of this event.")
    source: Text = Field(default="api", description="The system it comes from.")
    payload: dict[str, Any] | None = Field(
        default=None, description="What else is known of it, up to 8 KiB as JSON."
    )


@dataclass(frozen=True)
class StoredEvents:
    """What became of each event, in the order they were given: it was new, known already, or its id
    was known as another event's and so it was not stored."""

    became: tuple[Became, ...] = ()

    @property
    def new(self) -> int:
        """How many were new."""
        return self.became.count("new")

    @property
    def known(self) -> int:
        """How many were known already."""
        return self.became.count("known")


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


def refusal(types: EventTypes, event: EventIn, now: datetime) -> ValueError | None:
    """Why an event cannot be stored: ``UnknownEventType``, ``PayloadRefused`` or
    ``MomentInFuture``; None where it can."""
    known = types.by_name.get(event.type)
    if known is None:
        return UnknownEventType(event.type, types.by_name)
    try:
        if event.payload is not None:
            check_payload(event.type, event.payload, known.payload_schema)
        elif known.payload_schema is not None:
            check_payload(event.type, {}, known.payload_schema)
        happened_at(event.occurred_at, now)
    except (PayloadRefused, MomentInFuture) as error:
        return error
    return None


def record_events(
    session: Session, events: Sequence[tuple[str, EventIn]], now: datetime, mark: bool = True
) -> StoredEvents:
    """Store what leads did, known from ``now`` on: (lead id, event) of any number of leads, all or
    none.

    Args:
        mark: False where the caller scores the leads in the same unit of work.

    Raises:
        UnknownEventType, PayloadRefused, MomentInFuture: see ``refusal``.
        EventIdTaken: an event's id is known as another lead's, or as one of another type.
    """
    types = read_types(session) if events else EventTypes(0, ())
    for _, event in events:
        if (error := refusal(types, event, now)) is not None:
            raise error
    stored = store_events(session, events, now, mark)
    for (_, event), became in zip(events, stored.became, strict=True):
        if became == "another":
            raise EventIdTaken(event.external_id)
    return stored


def store_events(
    session: Session, events: Sequence[tuple[str, EventIn]], now: datetime, mark: bool = True
) -> StoredEvents:
    """Store events that ``refusal`` lets pass, in one statement for all leads; one whose id is
    known as another event's is left out and said so."""
    if not events:
        return StoredEvents()
    session.flush()
    # In one order, so that two who store the same events wait for each other and never cross.
    order = sorted(range(len(events)), key=lambda place: _key(events[place][1]))
    rows = [_row(*events[place], now) for place in order]
    connection = driver_connection(session)
    columns = [list(column) for column in zip(*rows, strict=True)]
    written = {(row[0], row[1]) for row in connection.execute(INSERT, [*columns, now])}
    became: list[Became] = ["new"] * len(events)
    left = []
    for place in order:
        key = (events[place][1].source, events[place][1].external_id)
        if key[1] is not None and key not in written:
            left.append(place)
        written.discard(key)
    for place, whose in zip(left, _whose(session, [events[at] for at in left]), strict=True):
        became[place] = whose
    leads = {lead for (lead, _), what in zip(events, became, strict=True) if what == "new"}
    if mark and leads:
        mark_changed(session, sorted(leads))
    return StoredEvents(tuple(became))


def _whose(session: Session, events: Sequence[tuple[str, EventIn]]) -> Iterable[Became]:
    if not events:
        return
    named = [[event.source for _, event in events], [event.external_id for _, event in events]]
    rows = driver_connection(session).execute(WHOSE, named).fetchall()
    known = {(source, external_id): (lead, kind) for source, external_id, lead, kind in rows}
    for lead_id, event in events:
        same = known.get((event.source, event.external_id)) == (lead_id, event.type)
        yield "known" if same else "another"


def _row(lead_id: str, event: EventIn, now: datetime) -> tuple[Any, ...]:
    said = None if event.payload is None else json_text(event.payload)
    payload = None if said is None else get_cipher().encrypt(said, EVENT_PAYLOAD)
    at = happened_at(event.occurred_at, now)
    return lead_id, event.type, at, event.source, event.external_id, payload


def _key(event: EventIn) -> tuple[str, str]:
    return event.source, event.external_id or ""
