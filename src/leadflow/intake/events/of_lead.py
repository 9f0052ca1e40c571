"""Use case: take events of leads in and score the leads anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from features.event_types import EventTypes
from leadflow.assignment.work.event_touches import touch_from_events
from leadflow.consent.from_events import hear
from leadflow.intake.audit_notes import note
from leadflow.intake.decide import News, decide
from leadflow.intake.keyed_requests import KeyedBatch, KeyedRequest
from leadflow.intake.senders import Sender
from leadflow.intake.standings import LeadStanding
from leadflow.leads.events.recording import EventIdTaken, EventIn, refusal, store_events
from leadflow.leads.events.types import read_types
from leadflow.leads.outcomes.log import lost_among, settle
from leadflow.leads.service import LeadMerged, LeadNotFound, lock_standing
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer


@dataclass(frozen=True)
class EventsTold:
    """What one lead did, as somebody tells it; ``keyed`` where it may be sent again."""

    lead_id: str
    events: Sequence[EventIn]
    sender: Sender
    keyed: KeyedRequest | None = None


@dataclass(frozen=True)
class EventsTaken:
    """How many events were new and how many known, and where the lead stands with them."""

    standing: LeadStanding
    new: int
    known: int


def take_events(
    session: Session, told: Sequence[EventsTold], scorer: "Scorer | None", settings: Settings
) -> list[EventsTaken | Exception]:
    """Store events, each list whole or not at all, and score their leads anew: what came of each
    list, in order, or why it was not taken: ``LeadNotFound``, ``LeadMerged``, ``KeyReused``,
    ``AnsweredBefore``, or what ``leads.events.recording.refusal`` says of one of its events.

    Raises:
        EventIdTaken: an event's id is known as another event's; nothing was stored.
    """
    batch = KeyedBatch(session, [one.keyed for one in told])
    leads, merged = lock_standing(session, sorted({one.lead_id for one in told}))
    now, types = datetime.now(UTC), read_types(session)
    errors: dict[int, EventsTaken | Exception] = {}
    for place in batch.fresh:
        try:
            if told[place].lead_id not in leads:
                raise merged.get(told[place].lead_id) or LeadNotFound(told[place].lead_id)
            _refuse(told[place], types, now)
        except (LeadNotFound, LeadMerged, ValueError) as error:
            errors[place] = error
    fresh = [place for place in batch.fresh if place not in errors]
    counts = _store(session, told, fresh, types, now)
    reopen(session, [(told[p].lead_id, event) for p in fresh for event in told[p].events], types)
    news = [News(leads[told[place].lead_id], told[place].sender) for place in fresh]
    where = decide(session, news, scorer, now, settings)
    for place in fresh:
        one = told[place]
        own = [(one.lead_id, event) for event in one.events]
        touch_from_events(session, own, now, one.sender.actor.id)
        note(session, one.sender, "lead.events_told", one.lead_id, detail=counts[place])
    return batch.answers(
        errors
        | {
            place: EventsTaken(
                where[told[place].lead_id], counts[place]["new"], counts[place]["known"]
            )
            for place in fresh
        }
    )


def _refuse(one: EventsTold, types: EventTypes, now: datetime) -> None:
    """Raise why this list cannot be stored."""
    for place, event in enumerate(one.events):
        refused = refusal(types, event, now)
        if refused is not None:
            if len(one.events) > 1:
                refused.args = (f"Event {place} of the list, counted from 0: {refused}",)
            raise refused


def reopen(session: Session, told: Iterable[tuple[str, EventIn]], types: EventTypes) -> None:
    """Have lost leads open again that did what says so: (lead id, event), stored before."""
    reopening = set(types.reopening)
    back = {lead_id for lead_id, event in told if event.type in reopening}
    if back:
        settle(session, lost_among(session, sorted(back)))


def _store(
    session: Session,
    told: Sequence[EventsTold],
    places: Sequence[int],
    types: EventTypes,
    now: datetime,
) -> dict[int, dict[str, int]]:
    """Store the lists at these places in one statement, and hear what they say of consent; how many
    were new and known, by place.

    Raises:
        EventIdTaken: an event's id is known as another event's.
    """
    events = [(told[place].lead_id, event) for place in places for event in told[place].events]
    stored = store_events(session, events, now, mark=False).became
    by = (told[place].sender.actor.id for place in places for _ in told[place].events)
    became, counts = iter(stored), {}
    for place in places:
        those = list(islice(became, len(told[place].events)))
        if "another" in those:
            wrong = told[place].events[those.index("another")]
            raise EventIdTaken(wrong.external_id)
        counts[place] = {"new": those.count("new"), "known": those.count("known")}
    heard = zip(events, stored, by, strict=True)
    hear(session, ((*one, what, who) for one, what, who in heard), types, now)
    return counts
