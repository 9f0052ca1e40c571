"""What leads do that says yes or no: events of the type ``consent``, and whatever counts as
``unsubscribe``."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from re import fullmatch

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from features.event_types import EventType, EventTypes
from leadflow.consent.evidence import BASES, EVIDENCE, REFERENCE
from leadflow.consent.log import Told, write
from leadflow.leads.events.recording import Became, EventIn, happened_at, record_events
from leadflow.leads.events.types import read_types
from leadflow.leads.tables import LeadEvent

UNSUBSCRIBE, CONSENT = "unsubscribe", "consent"


def _branch(given: bool) -> dict[str, object]:
    kinds = [
        name
        for name, one in EVIDENCE.items()
        if one.told and (one.gives if given else one.withdraws)
    ]
    basis = {"lawful_basis": {"enum": [name for name in BASES if name != "legal_obligation"]}}
    return {
        "properties": {
            "given": {"const": given},
            "purpose": {"enum": ["marketing", "service"]},
            "channel": {"enum": ["email"]},
            "evidence": {"enum": kinds},
        }
        | (basis if given else {}),
        "required": ["given", "evidence"],
        "additionalProperties": False,
    }


TYPE = EventType(
    CONSENT,
    "Consent",
    counts_as=CONSENT,
    dimension="engagement",
    payload_schema={"type": "object", "oneOf": [_branch(True), _branch(False)]},
)


def hear(
    session: Session,
    told: Iterable[tuple[str, EventIn, Became, str]],
    types: EventTypes,
    now: datetime,
) -> None:
    """Write into the log what events mean that were stored in this transaction: of each the lead,
    what it did, what became of it, and who told it. One that was known was heard before."""
    refusing = frozenset(types.counted_as(UNSUBSCRIBE))
    heard = [
        (event.type, _meant(lead_id, event, event.type in refusing, by, now))
        for lead_id, event, became, by in told
        if became == "new" and (event.type == CONSENT or event.type in refusing)
    ]
    write(session, [one for _, one in heard], now)
    record_noes(session, [one for kind, one in heard if kind == CONSENT], now)


def record_noes(session: Session, told: Iterable[Told], now: datetime) -> None:
    """Have a no to marketing that was said otherwise be an event ``unsubscribe`` of its lead, by
    which campaigns and rules go."""
    events = [
        (one.lead_id, EventIn(type=UNSUBSCRIBE, occurred_at=one.happened_at, source="leadflow"))
        for one in told
        if one.purpose == "marketing" and not one.given
    ]
    if events:
        record_events(session, events, now)


def hear_copied(session: Session, lead_ids: Sequence[str], by: str, now: datetime) -> None:
    """The same for new leads whose events were copied into the store: who has unsubscribed."""
    these = LeadEvent.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
    refusing = LeadEvent.type.in_(read_types(session).counted_as(UNSUBSCRIBE))
    asked = select(LeadEvent.lead_id, LeadEvent.occurred_at, LeadEvent.source)
    told = [
        Told(lead_id, False, UNSUBSCRIBE, occurred_at, by, source=source)
        for lead_id, occurred_at, source in session.execute(asked.where(these, refusing)).tuples()
    ]
    write(session, told, now)


def _meant(lead_id: str, event: EventIn, refuses: bool, by: str, now: datetime) -> Told:
    said = {} if refuses else event.payload or {}
    given = bool(said.get("given"))
    own_id = event.external_id or ""
    return Told(
        lead_id=lead_id,
        given=given,
        evidence=UNSUBSCRIBE if refuses else said["evidence"],
        happened_at=happened_at(event.occurred_at, now),
        by=by,
        purpose=said.get("purpose", "marketing"),
        channel=said.get("channel", "email"),
        basis=said.get("lawful_basis", "consent") if given else None,
        source=event.source,
        reference=own_id if fullmatch(REFERENCE, own_id) else None,
    )
