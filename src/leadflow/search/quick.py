"""Finding a lead by what somebody types of it: its id, its address, a name, a company.

Names are encrypted, and found by how their words begin; an address is found whole. Of a company any
part is found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import product

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from features.normal_forms import plain_text
from leadflow.accounts.actors import Actor
from leadflow.accounts.permissions import Reach
from leadflow.assignment.team.reach import leads_within
from leadflow.conditions.tree import Group
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead
from leadflow.paging.keyset import Wanted
from leadflow.privacy.name_index import ways_of
from leadflow.search.branches import Within
from leadflow.search.listed import read_listed
from leadflow.search.question import SHORTEST_PART, Question
from leadflow.search.service import page_of_ids, seen_by

ID = "lead_"
BEST_FIRST = Question(Group("all", ()), "score", descending=True)


def quickly_found(
    session: Session, said: str, caller: Actor, now: datetime, most: int
) -> list[str]:
    """Ids of the leads that fit and that the caller may see: open ones first, the best first."""
    words = plain_text(said)
    if not words:
        return []
    if words.startswith(ID) and words.isidentifier():
        return _seen(session, caller, [words])
    if "@" in words:
        called_so = Lead.email_index == email_index_of(words)
        standing = select(func.coalesce(Lead.merged_into, Lead.id)).where(called_so)
        return _seen(session, caller, session.scalars(standing.limit(most)).all())
    questions = _questions(words)
    found = _of(session, questions, "open", caller, now, most)
    if len(found) < most:
        found += _of(session, questions, None, caller, now, most)
    return list(dict.fromkeys(found))[:most]


def _questions(words: str) -> list[Question]:
    """What is meant: how a person is called, or what is in their company's name."""
    meant = []
    if ways := tuple(map(tuple, ways_of(words))):
        meant.append(replace(BEST_FIRST, name=ways))
    if len(words) >= SHORTEST_PART:
        meant.append(replace(BEST_FIRST, company=(words,)))
    return meant


def _of(
    session: Session,
    questions: Sequence[Question],
    status: str | None,
    caller: Actor,
    now: datetime,
    most: int,
) -> list[str]:
    """Of those that stand so, or all, the best. Each way in which it may be meant is looked for
    along an index of its own."""
    within = seen_by(session, caller)
    found: dict[str, None] = {}
    for question, (nobody, reach) in product(questions, _places(within)):
        asked = replace(question, status=status, nobody=nobody)
        page = page_of_ids(session, asked, Wanted(most), reach, now)
        found |= dict.fromkeys(page.items)
    scores = {
        lead.id: lead.score or 0.0 for lead in read_listed(session, list(found), ["score"], now)
    }
    return sorted(scores, key=lambda lead_id: (-scores[lead_id], lead_id))[:most]


def _places(within: Within | None) -> Iterator[tuple[bool, Within | None]]:
    """Whose leads are looked at: within somebody's reach, nobody's besides."""
    yield False, within
    if within is not None:
        yield True, within


def _seen(session: Session, caller: Actor, lead_ids: Sequence[str]) -> list[str]:
    reach = caller.reach("lead.read") or Reach.OWN
    shown = leads_within(session, caller.rep_id, reach, lead_ids)
    return [one for one in dict.fromkeys(lead_ids) if one in shown]
