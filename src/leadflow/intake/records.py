"""Use case: records of a source come in, many at a time: each a lead, how it ended, what it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from leadflow.assignment.routing.ends import end_closed
from leadflow.assignment.work.event_touches import touch_from_events
from leadflow.consent.from_events import hear
from leadflow.intake.decide import News, decide
from leadflow.intake.events.of_lead import reopen
from leadflow.intake.senders import Sender
from leadflow.leads.events.recording import EventIdTaken, EventIn, refusal, store_events
from leadflow.leads.events.types import read_types
from leadflow.leads.files.storing.staging import Placed, store_batch
from leadflow.leads.said import Origin
from leadflow.leads.service import lock_leads
from leadflow.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from models.scores import Scorer


@dataclass
class RecordsTaken:
    """The lead of each record that was stored, by place, and why others, or an event of one, were
    not."""

    leads: dict[int, Placed] = field(default_factory=dict)
    refused: dict[int, ValueError] = field(default_factory=dict)


def take_records(
    session: Session,
    frame: "pd.DataFrame",
    events: Mapping[int, Sequence[EventIn]],
    origin: Origin,
    sender: Sender,
    scorer: "Scorer | None",
    settings: Settings,
    now: datetime,
) -> RecordsTaken:
    """Store checked rows and what their leads did, score the leads, write that to the audit log and
    hand them out. What was said later than a record, by whoever, stays, so that records may come in
    any order and more than once.

    Args:
        frame: rows as ``leads.files.checking.check`` passes them; their index is their place.
        events: what the leads of these rows did, by place.
    """
    taken, types = RecordsTaken(), read_types(session)
    for place, those in events.items():
        found = (refusal(types, event, now) for event in those)
        error = next((one for one in found if one is not None), None)
        if error is not None:
            taken.refused[place] = error
    frame = frame.drop(index=[place for place in taken.refused if place in frame.index])
    stored = store_batch(session, frame, origin, now, taken.leads)
    if not taken.leads:
        return taken
    made = {one.lead_id for one in taken.leads.values() if one.new}
    leads = lock_leads(session, sorted({one.lead_id for one in taken.leads.values()}))
    places = [p for p in events if p in taken.leads for _ in events[p]]
    told = [
        (taken.leads[p].lead_id, event) for p in events if p in taken.leads for event in events[p]
    ]
    became = store_events(session, told, now, mark=False).became
    for place, (_, event), what in zip(places, told, became, strict=True):
        if what == "another":
            taken.refused[place] = EventIdTaken(event.external_id)
    by = sender.actor.id
    heard = ((*one, what, by) for one, what in zip(told, became, strict=True))
    hear(session, heard, types, now)
    told = [one for one, what in zip(told, became, strict=True) if what != "another"]
    reopen(session, told, types)
    if stored.outcomes:
        end_closed(session, now, list(leads))
    news = [News(lead, sender, key in made) for key, lead in leads.items()]
    decide(session, news, scorer, now, settings)
    touch_from_events(session, told, now, sender.actor.id)
    return taken
