"""Who would come into a campaign, and who would not and why: counts that add up to its audience."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from heapq import nsmallest

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.enrolling import Entry, entries_of
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source

SOME = 100


@dataclass(frozen=True)
class Preview:
    """``audience``: the leads of whom is known now what the campaign asks for; ``entries``: what
    would become of them, which adds up to it. A campaign that asks for an event has no audience
    before something happens: ``on_events`` has the events. ``first``: some of those that would come
    in, by id, always the same ones of the same leads; ``by_lead``: what would become of each."""

    audience: int
    entries: Mapping[Entry, int]
    on_events: tuple[str, ...]
    first: tuple[str, ...] = ()
    by_lead: Mapping[str, Entry] = field(default_factory=dict, repr=False)


def preview(session: Session, program: Program, now: datetime) -> Preview:
    """Who would come into a campaign now; nobody does."""
    enter = program.enter
    if enter is None or enter.on or enter.when is None:
        return Preview(0, {}, () if enter is None else tuple(sorted(enter.on)))
    fitting = select(Lead.id).select_from(lead_source(now)).where(compiled(enter.when, now))
    leads = list(session.scalars(fitting))
    entries = entries_of(session, program, leads, now)
    counted = Counter(entries.values())
    coming = (one for one, entry in entries.items() if entry == "enrolled")
    first = nsmallest(
        SOME, coming, key=lambda one: sha256(f"{program.name}:{one}".encode()).digest()
    )
    return Preview(len(leads), dict(counted.most_common()), (), tuple(first), entries)
