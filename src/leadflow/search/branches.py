"""Where the leads of a page are looked for.

The score that counts is the model's, or a person's while there is one, in two tables. Where leads
are in its order, or chosen by it, each is looked for apart, along its own index, and what is found
is put together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    join,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from leadflow.assignment.offered import offered_to
from leadflow.assignment.tables import Assignment
from leadflow.leads.search_indexes import company, names
from leadflow.leads.tables import Lead, Outcome
from leadflow.paging.keyset import Key
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source
from leadflow.scoring.overrides.service import in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.search.narrowing import ScoreColumns, asks_for_scores, narrowed
from leadflow.search.question import Question

SORTED_BY: dict[str, Any] = {
    "created_at": Lead.created_at,
    "budget": Lead.budget_minor,
    "company_size": Lead.company_size,
}
NEVER_EMPTY = ("created_at",)


@dataclass(frozen=True)
class Within:
    """How far a caller sees: the leads of these salespeople, and those offered to ``rep_id``."""

    rep_ids: frozenset[str]
    rep_id: str | None


@dataclass(frozen=True)
class Branch:
    """Leads with what they are in order by; ``score``: where the one that counts is among them."""

    source: FromClause
    value: ColumnElement[Any]
    lead_id: ColumnElement[str]
    holds: tuple[ColumnElement[bool], ...] = ()
    score: ScoreColumns | None = None

    def keys(self, descending: bool) -> tuple[Key, Key]:
        """What it is in order by."""
        return Key(self.value, descending), Key(self.lead_id, descending)


def branches(question: Question, now: datetime, valued: bool) -> list[Branch]:
    """Where leads are that have the value that the list is in order by; or, without ``valued``,
    those that have none."""
    by_score = question.sort == "score"
    if by_score and not valued:
        empty = LeadScore.lead_id.is_(None), ScoreOverride.id.is_(None)
        return [Branch(lead_source(now), cast(null(), Double), Lead.id, empty)]  # type: ignore[arg-type]
    if by_score or asks_for_scores(question.where):
        found = [_of_the_model(question, now), _of_people(question, now)]
    else:
        value = SORTED_BY[question.sort]
        found = [Branch(lead_source(now), value, Lead.id)]  # type: ignore[arg-type]
    if by_score or question.sort in NEVER_EMPTY:
        return found if valued else []
    return [_with(one, one.value.is_not(None) if valued else one.value.is_(None)) for one in found]


def statement(
    branch: Branch, question: Question, now: datetime, within: Within | None
) -> Select[Any]:
    """The ids of the leads of a branch that a search asks for, and that its caller may see."""
    wanted = [
        *branch.holds,
        *narrowed(question.where, now, branch.score),
        *_assigned(question, within),
    ]
    if question.where.members:
        wanted.append(compiled(question.where, now))
    if question.status is not None:
        wanted.append(_ended(question.status))
    if question.scored_since is not None:
        wanted.append(LeadScore.as_of >= question.scored_since)
    if question.name:
        wanted.append(_has_all(names(), literal(list(question.name), ARRAY(BigInteger))))
    wanted += [_is_part(company(), part) for part in question.company]
    return select(branch.lead_id.label("id")).select_from(branch.source).where(*wanted)


def works_at(said: str) -> ColumnElement[bool]:
    """The condition that a lead's company is called so, or has this in its name."""
    return _is_part(company(), said)


def _of_the_model(question: Question, now: datetime) -> Branch:
    scored = join(Lead, LeadScore, and_(LeadScore.lead_id == Lead.id, LeadScore.is_current))
    source = scored.outerjoin(ScoreOverride, and_(ScoreOverride.lead_id == Lead.id, in_force(now)))
    by_score = question.sort == "score"
    return Branch(
        source,
        LeadScore.total_score if by_score else SORTED_BY[question.sort],  # type: ignore[arg-type]
        LeadScore.lead_id if by_score else Lead.id,  # type: ignore[arg-type]
        (ScoreOverride.id.is_(None),),
        ScoreColumns(LeadScore.total_score, LeadScore.level),  # type: ignore[arg-type]
    )


def _of_people(question: Question, now: datetime) -> Branch:
    overridden = join(Lead, ScoreOverride, and_(ScoreOverride.lead_id == Lead.id, in_force(now)))
    source = overridden.outerjoin(
        LeadScore, and_(LeadScore.lead_id == Lead.id, LeadScore.is_current)
    )
    by_score = question.sort == "score"
    return Branch(
        source,
        ScoreOverride.new_score if by_score else SORTED_BY[question.sort],  # type: ignore[arg-type]
        Lead.id,  # type: ignore[arg-type]
        (),
        ScoreColumns(ScoreOverride.new_score, ScoreOverride.level),  # type: ignore[arg-type]
    )


def _with(branch: Branch, held: ColumnElement[bool]) -> Branch:
    return Branch(branch.source, branch.value, branch.lead_id, (*branch.holds, held), branch.score)


def _assigned(question: Question, within: Within | None) -> Sequence[ColumnElement[bool]]:
    """Who must have the lead, as asked and as far as the caller sees. Nobody's leads are within
    everybody's reach, and in a list where they are asked for."""
    active = exists().where(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
    if question.nobody:
        return [~active]
    found: list[ColumnElement[bool]] = []
    if question.rep_id is not None:
        found.append(active.where(Assignment.rep_id == question.rep_id))
    if within is not None:
        # Each along its own index: of one or the other PostgreSQL would look at all there are.
        held = select(Assignment.lead_id).where(Assignment.ended_at.is_(None))
        theirs = held.where(Assignment.rep_id.in_(within.rep_ids))
        offered = [] if within.rep_id is None else [held.where(offered_to(within.rep_id))]
        found.append(Lead.id.in_(union_all(theirs, *offered)))
    return found


def _ended(status: str) -> ColumnElement[bool]:
    ended = exists().where(Outcome.lead_id == Lead.id)
    return ~ended if status == "open" else ended.where(Outcome.outcome == status)


def _has_all(own: ColumnElement[Any], wanted: ColumnElement[Any]) -> ColumnElement[bool]:
    return own.op("@>", is_comparison=True)(wanted)


def _is_part(own: ColumnElement[str], said: str) -> ColumnElement[bool]:
    plain = said.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    part = func.searched_text(literal(plain, Text), type_=Text)
    return own.like(literal("%", Text).concat(part).concat("%"))
