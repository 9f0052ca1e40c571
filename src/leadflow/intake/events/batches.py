"""Use case: take events of many leads in, each by itself, and score the leads anew."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from sqlalchemy import ARRAY, Text, any_, func, literal, select
from sqlalchemy.orm import Session

from leadflow.assignment.team.reach import leads_within
from leadflow.assignment.work.event_touches import touch_from_events
from leadflow.consent.from_events import hear
from leadflow.intake.audit_notes import note_many
from leadflow.intake.decide import News, decide
from leadflow.intake.events.of_lead import reopen
from leadflow.intake.keyed_requests import KeyedBatch, KeyedRequest
from leadflow.intake.senders import Sender
from leadflow.leads.events.recording import EventIdTaken, EventIn, refusal, store_events
from leadflow.leads.events.types import read_types
from leadflow.leads.schemas import Address, Short
from leadflow.leads.service import LeadNotFound, email_index_of, lock_standing
from leadflow.leads.tables import Lead
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer


class NoLeadOfAddress(LookupError):
    """No lead has the e-mail address that an event names, or none that the sender reaches."""

    def __init__(self) -> None:
        super().__init__(
            "You have no lead with this e-mail address. Bring it in with POST /leads, then send "
            "the event again."
        )


class NoneTaken(ValueError):
    """No event of a batch could be taken; ``refused`` says why of each, by its place."""

    def __init__(self, refused: Mapping[int, Exception]) -> None:
        super().__init__("Nothing was stored. Each event is listed with what to do about it.")
        self.refused = refused


class EventOfLead(EventIn):
    """Something a lead did, with which lead it was: by its id, or by its e-mail address."""

    lead_id: Short = Field(default=None, description="The lead's id in Leadflow.")
    email: Address | None = Field(
        default=None, description="The lead's e-mail address, in place of its id."
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.lead_id is None) == (self.email is None):
            raise ValueError("name the lead by lead_id or by email, and not by both")
        return self


class EventMalformed(ValueError):
    """What stands in the place of an event has not its form; ``faults`` says why, as pydantic does,
    without what was sent."""

    def __init__(self, faults: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("An event of a batch has not the form of one.")
        self.faults = faults


def _by_itself(value: Any, check: ValidatorFunctionWrapHandler) -> EventOfLead | EventMalformed:
    try:
        event: EventOfLead = check(value)
    except ValidationError as error:
        return EventMalformed(error.errors(include_url=False, include_input=False))
    return event


# One of a list, which is read though others of it have not their form.
EventByItself = Annotated[EventOfLead, WrapValidator(_by_itself)]


@dataclass(frozen=True)
class EventBatch:
    """Events of any number of leads, as somebody tells them, among what could not be read."""

    events: Sequence[EventOfLead | EventMalformed]
    sender: Sender
    keyed: KeyedRequest | None = None


@dataclass(frozen=True)
class EventBatchTaken:
    """How many events were new and how many known, of how many leads; and why others were not
    taken, by their place in the list."""

    new: int
    known: int
    leads: int
    refused: Mapping[int, Exception]


def take_event_batches(
    session: Session, told: Sequence[EventBatch], scorer: "Scorer | None", settings: Settings
) -> list[EventBatchTaken | Exception]:
    """Store events and score their leads anew, a batch after the other: what came of each, in
    order, or ``NoneTaken``, ``KeyReused``, ``AnsweredBefore``. An event that cannot be taken is
    left out of its batch, with its error: ``LeadNotFound`` (a lead beyond the sender's reach is
    none), ``NoLeadOfAddress``, ``LeadMerged``, ``EventIdTaken``, or what ``refusal`` says of it."""
    batch = KeyedBatch(session, [one.keyed for one in told])
    return batch.answers(
        {place: _take(session, told[place], scorer, settings) for place in batch.fresh}
    )


def _take(
    session: Session, told: EventBatch, scorer: "Scorer | None", settings: Settings
) -> EventBatchTaken | NoneTaken:
    refused: dict[int, Exception] = {}
    read: list[tuple[int, EventOfLead]] = []
    for place, one in enumerate(told.events):
        if isinstance(one, EventMalformed):
            refused[place] = one
        else:
            read.append((place, one))
    named = _named(session, [event for _, event in read], told.sender)
    leads, merged = lock_standing(session, sorted({one for one in named if one is not None}))
    now, types = datetime.now(UTC), read_types(session)
    taken: list[tuple[int, str, EventOfLead]] = []
    for (place, event), lead_id in zip(read, named, strict=True):
        if lead_id is None:
            refused[place] = NoLeadOfAddress() if event.email else LeadNotFound(str(event.lead_id))
        elif lead_id not in leads:
            refused[place] = merged.get(lead_id) or LeadNotFound(lead_id)
        elif (error := refusal(types, event, now)) is not None:
            refused[place] = error
        else:
            taken.append((place, lead_id, event))
    stored = store_events(session, [one[1:] for one in taken], now, mark=False)
    for (place, _, event), became in zip(taken, stored.became, strict=True):
        if became == "another":
            refused[place] = EventIdTaken(event.external_id)
    by, places = told.sender.actor.id, zip(taken, stored.became, strict=True)
    hear(session, ((*one[1:], became, by) for one, became in places), types, now)
    done = [(lead_id, event) for place, lead_id, event in taken if place not in refused]
    if not done:
        return NoneTaken(refused)
    reopen(session, done, types)
    whose = sorted({lead_id for lead_id, _ in done})
    decide(session, [News(leads[one], told.sender) for one in whose], scorer, now, settings)
    touch_from_events(session, done, now, told.sender.actor.id)
    note_many(session, told.sender, "lead.events_told", whose)
    return EventBatchTaken(stored.new, stored.known, len(whose), refused)


def _named(session: Session, events: Sequence[EventOfLead], sender: Sender) -> list[str | None]:
    """The id of the lead of each event; None where there is none that the sender reaches. A lead
    that was merged into another is found by its address as that one."""
    index = {one.email: email_index_of(one.email) for one in events if one.email}
    by_address = _by_address(session, set(index.values()))
    ids = [by_address.get(index[one.email]) if one.email else one.lead_id for one in events]
    actor, wanted = sender.actor, {one for one in ids if one is not None}
    reach = actor.reach("lead.fact")
    within = frozenset() if reach is None else leads_within(session, actor.rep_id, reach, wanted)
    return [one if one in within else None for one in ids]


def _by_address(session: Session, indexes: Collection[str]) -> dict[str, str]:
    if not indexes:
        return {}
    these = Lead.email_index == any_(literal(sorted(indexes), ARRAY(Text)))
    found = select(Lead.email_index, func.coalesce(Lead.merged_into, Lead.id)).where(these)
    return {index: lead for index, lead in session.execute(found).tuples() if index is not None}
