"""Who would come into a campaign, and who would not and why: counts that add up to its audience."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from heapq import nsmallest

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.enrolling.entries import Entry
from leadflow.campaigns.enrolling.service import entries_of
from leadflow.conditions.tree import Condition, Group, fields_of
from leadflow.consent.may_send import STRICT, Policy, may_send
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source
from leadflow.workflow.event_fields import PREFIX as EVENT_FIELDS

SOME, AT_A_TIME, NEWEST = 100, 20_000, 1000


@dataclass(frozen=True)
class Preview:
    """``audience``: the leads of whom is known now what the campaign asks for; ``entries``: what
    would become of them, which adds up to it. A campaign that asks for an event has no audience
    before something happens: ``on_events`` has the events. ``first``: some of those that would come
    in, by id, always the same ones of the same leads; ``by_lead``: what would become of each.
    ``withheld``: of those that would come in, how many may not be written to as things are now, by
    the name of the refusal. ``by_name``: nobody comes in but by name."""

    audience: int
    entries: Mapping[Entry, int]
    on_events: tuple[str, ...]
    first: tuple[str, ...] = ()
    withheld: Mapping[str, int] = field(default_factory=dict)
    by_lead: Mapping[str, Entry] = field(default_factory=dict, repr=False)
    by_name: bool = False


def preview(session: Session, program: Program, now: datetime, policy: Policy = STRICT) -> Preview:
    """Who would come into a campaign now; nobody does."""
    enter = program.enter
    if enter is None or enter.on or enter.when is None:
        return Preview(
            0, {}, () if enter is None else tuple(sorted(enter.on)), by_name=enter is None
        )
    fitting = select(Lead.id).select_from(lead_source(now)).where(compiled(enter.when, now))
    leads = list(session.scalars(fitting))
    entries = entries_of(session, program, leads, now)
    counted = Counter(entries.values())
    first = _some_coming(program, entries)
    withheld = _withheld(session, program, entries, now, policy)
    counts = dict(counted.most_common())
    return Preview(len(leads), counts, (), first, withheld, entries)


def might_come_in(session: Session, program: Program, now: datetime) -> tuple[str, ...]:
    """Some leads, by id, that would come into a campaign as soon as what it asks for happens to
    them, or somebody names them: of the newest that fit its conditions, as far as these go by what
    is known of a lead; what the event must say is taken for said."""
    source = lead_source(now)
    newest = select(Lead.id).select_from(source).order_by(Lead.id.desc()).limit(NEWEST)
    if program.enter is not None and program.enter.when is not None:
        known = [compiled(one, now) for one in _of_lead(program.enter.when)]
        newest = newest.where(*known)
    return _some_coming(program, entries_of(session, program, list(session.scalars(newest)), now))


def _of_lead(when: Group) -> list[Condition]:
    """The conditions that all must hold, without those that go by what has just happened."""
    must = when.members if when.how == "all" else (when,)
    return [one for one in must if not any(map(_is_told, fields_of(one)))]


def _is_told(field: str) -> bool:
    return field.startswith(EVENT_FIELDS)


def _some_coming(program: Program, entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """Some of those that would come in, always the same ones of the same leads."""
    coming = (one for one, entry in entries.items() if entry == "enrolled")
    by = partial(_place, program.name)
    return tuple(nsmallest(SOME, coming, key=by))


def _place(campaign: str, lead: str) -> bytes:
    return sha256(f"{campaign}:{lead}".encode()).digest()


def _withheld(
    session: Session, program: Program, entries: Mapping[str, Entry], now: datetime, policy: Policy
) -> dict[str, int]:
    coming = sorted(one for one, entry in entries.items() if entry == "enrolled")
    found: Counter[str] = Counter()
    for first in range(0, len(coming), AT_A_TIME):
        some = coming[first : first + AT_A_TIME]
        refused = may_send(session, some, program.campaign.purpose, "email", now, policy)
        found.update(one.name for one in refused.values() if one is not None)
    return dict(found.most_common())
