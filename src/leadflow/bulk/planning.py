"""What would be done with many leads at once: with which, and with which not and why."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.accounts.refusing import who_may
from leadflow.assignment.tables import Assignment, Rep
from leadflow.assignment.team.reach import leads_within
from leadflow.assignment.work.handing_on import room_of
from leadflow.assignment.work.handover import RepInactive, find_rep
from leadflow.bulk.schemas import Asked, Assign, Enrol, Export, Tag
from leadflow.campaigns.enrolling.entries import IN_WORDS
from leadflow.campaigns.enrolling.service import MADE, entries_of, taking_leads, with_noes
from leadflow.follow_ups.tag_names import TagInvalid, tag_names
from leadflow.follow_ups.tags import tags_of
from leadflow.leads.tables import Lead, Outcome
from leadflow.paging.keyset import Wanted
from leadflow.search.estimates import about_how_many, rounded
from leadflow.search.question import read_question
from leadflow.search.service import in_time, page_of_ids, seen_by

PERMISSIONS = {
    "assign": "lead.reassign",
    "tag": "lead.edit",
    "enrol": "campaign.enroll",
    "export": "lead.export",
}
# By hand a salesperson gets as many as they can look at; the rest is what rules are for.
MOST = {"assign": 200, "tag": 10_000, "enrol": 10_000}
SHOWN = 10
OUT_OF_REACH = "is not within your reach"
Left = dict[str, list[str]]


class BulkRefused(ValueError):
    """What is asked cannot be done with so many leads, or by this caller; the message says why."""


@dataclass(frozen=True)
class Plan:
    """``lead_ids``: those with which it would be done, in the order of the list; ``left_out``: the
    others, by why, in words that follow “it”. ``about``: of a file, whose leads are not read yet,
    how many it would hold. ``notes``: what else will happen. ``held_by``: of leads that somebody
    else has, whose they are."""

    lead_ids: list[str]
    left_out: Left = field(default_factory=dict)
    about: str = ""
    notes: tuple[str, ...] = ()
    held_by: tuple[tuple[str, str], ...] = ()

    def digest(self, asked: Asked) -> str:
        """Another one wherever something else is asked, or would come of it."""
        said = [asked.model_dump(mode="json"), self.lead_ids, sorted(self.left_out.items())]
        said.append(self.held_by)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def may(caller: Actor, kind: str) -> bool:
    """Whether a caller may do this with leads at all."""
    return caller.reach(PERMISSIONS[kind]) is not None


def plan(session: Session, asked: Asked, caller: Actor, now: datetime) -> Plan:
    """What would come of it now; nothing is changed.

    Raises:
        BulkRefused: they may not, or it is too much at a time.
        RepNotFound, RepInactive, NoCampaign, CampaignNotSo, TagInvalid, SearchInvalid,
        SearchTooSlow: what is named is not there, or cannot be used.
    """
    act = asked.act
    if not may(caller, act.kind):
        raise BulkRefused(f"You may not do this. {who_may(PERMISSIONS[act.kind])}")
    if isinstance(act, Export):
        return _of_file(session, asked, caller, now)
    wanted = asked.lead_ids or _all_found(session, asked, caller, now)
    if len(wanted) > MOST[act.kind]:
        most = how_many(MOST[act.kind], "lead")
        raise BulkRefused(f"That is more than {most} at a time. Narrow the list down first.")
    reach = caller.reach(PERMISSIONS[act.kind]) or Reach.OWN
    within = leads_within(session, caller.rep_id, reach, wanted)
    left: Left = {}
    kept = _without(wanted, left, OUT_OF_REACH, set(wanted) - within)
    merged = set(
        session.scalars(select(Lead.id).where(Lead.id.in_(kept), Lead.merged_into.is_not(None)))
    )
    kept = _without(kept, left, "was merged into another lead", merged)
    return _of_act(session, act, kept, left, now)


def _of_act(
    session: Session, act: Assign | Tag | Enrol, kept: list[str], left: Left, now: datetime
) -> Plan:
    if isinstance(act, Assign):
        return _assigned(session, act, kept, left)
    if isinstance(act, Tag):
        return _tagged(session, act, kept, left)
    return _enrolled(session, act, kept, left, now)


def _all_found(session: Session, asked: Asked, caller: Actor, now: datetime) -> list[str]:
    """As many as may be at a time, and one more."""
    question = read_question(session, asked.question)
    wanted = Wanted(MOST[asked.act.kind] + 1)
    with in_time():
        return page_of_ids(session, question, wanted, seen_by(session, caller), now).items


def _without(wanted: Sequence[str], left: Left, why: str, out: Collection[str]) -> list[str]:
    """Those that are not out; the others are noted."""
    gone = [one for one in wanted if one in out]
    if gone:
        left[why] = gone
    return [one for one in wanted if one not in out]


def _assigned(session: Session, act: Assign, kept: list[str], left: Left) -> Plan:
    rep = find_rep(session, act.rep_id)
    if not rep.active:
        raise RepInactive(rep.name)
    ended = set(session.scalars(select(Outcome.lead_id).where(Outcome.lead_id.in_(kept))))
    kept = _without(kept, left, "has ended", ended)
    held = select(Assignment.lead_id).where(
        Assignment.rep_id == rep.id, Assignment.ended_at.is_(None), Assignment.lead_id.in_(kept)
    )
    theirs = set(session.scalars(held))
    kept = _without(kept, left, f"is with {rep.name} already", theirs)
    room = room_of(session, rep)
    if room is not None:
        beyond = set(kept[room:])
        why = f"is more than {rep.name} has room for ({how_many(room, 'more lead')})"
        kept = _without(kept, left, why, beyond)
    gate = "Where a policy asks for somebody’s approval, the lead waits for it."
    notes = [f"{rep.name} has them then, and their clocks start.", gate]
    of_others = (
        select(Assignment.lead_id, Rep.id, Rep.name)
        .join(Rep, Rep.id == Assignment.rep_id)
        .where(Assignment.ended_at.is_(None), Assignment.lead_id.in_(kept))
        .order_by(Assignment.lead_id)
    )
    found = session.execute(of_others).tuples().all()
    if found:
        names = ", ".join(f"{name} ({count:,})" for name, count in _counted(found))
        notes.insert(0, f"They are taken from those who have them: {names}.")
    held_by = tuple((lead_id, rep_id) for lead_id, rep_id, _ in found)
    return Plan(kept, left, notes=tuple(notes), held_by=held_by)


def _counted(found: Sequence[tuple[str, str, str]]) -> list[tuple[str, int]]:
    """How many each has, by name, whoever has the most first."""
    return Counter(name for _, _, name in found).most_common()


def _tagged(session: Session, act: Tag, kept: list[str], left: Left) -> Plan:
    names = set(tag_names(act.names))
    if not names:
        raise TagInvalid("Write at least one tag.")
    have = tags_of(session, kept)
    has_all = {one for one in kept if names <= set(have.get(one, ()))}
    kept = _without(kept, left, "has the tag already", has_all)
    return Plan(kept, left)


def _enrolled(session: Session, act: Enrol, kept: list[str], left: Left, now: datetime) -> Plan:
    program, _ = taking_leads(session, act.campaign)
    entries = with_noes(session, program, entries_of(session, program, kept, now), now)
    for entry in sorted({one for one in entries.values() if one not in MADE}):
        so = {lead for lead, one in entries.items() if one == entry}
        kept = _without(kept, left, IN_WORDS[entry], so)
    out = sum(entries[one] == "held_out" for one in kept)
    note = f"{out:,} of them {of_number(out, 'is', 'are')} kept out of it, to compare with."
    return Plan(kept, left, notes=(note,) if out else ())


def _of_file(session: Session, asked: Asked, caller: Actor, now: datetime) -> Plan:
    if asked.lead_ids:
        raise BulkRefused("A file is written of all that fit. Choose “all that fit”.")
    question = read_question(session, asked.question)
    within = seen_by(session, caller, PERMISSIONS["export"])
    with in_time():
        first = page_of_ids(session, question, Wanted(SHOWN), within, now).items
        total = about_how_many(session, question, within, now)
    gate = "Where a policy asks for somebody’s approval, it is written once that is given."
    about = how_many(total.number if total.exact else rounded(total.number), "lead")
    about = about if total.exact else f"about {about}"
    return Plan(first, about=about, notes=("It is written in the background.", gate))
