"""Where the leads of a page are looked for.

The score that counts is the model's, or a person's while there is one, in two tables. Where leads
are in its order, or chosen by it, each is looked for apart, along its own index, and what is found
is put together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Select,
    and_,
    cast,
    exists,
    join,
    null,
    select,
    union_all,
)

from leadflow.assignment.offered import offered_to
from leadflow.assignment.tables import Assignment
from leadflow.conditions.tree import fields_of
from leadflow.leads.finding.search_indexes import LEADS, is_called, works_at
from leadflow.leads.tables import Lead, Outcome
from leadflow.paging.keyset import Key
from leadflow.rules.compiling import compiled
from leadflow.rules.sources import lead_source
from leadflow.scoring import score_fields
from leadflow.scoring.overrides.standing import effective_score, in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.search.narrowing import Narrowed, ScoreColumns, asks_for_scores, narrowed
from leadflow.search.question import Question
from leadflow.search.stages import ENDS, at_stage

SORTED_BY: dict[str, Any] = {
    "created_at": Lead.created_at,
    "budget": Lead.budget_minor,
    "company_size": Lead.company_size,
}
NEVER_EMPTY = ("created_at",)
OF_SCORES = frozenset(field.name for field in score_fields.FIELDS)
LEAD_ID: Any = Lead.id
MODELS: Any = LeadScore.total_score, LeadScore.level
PEOPLES: Any = ScoreOverride.new_score, ScoreOverride.level
SCORED = and_(LeadScore.lead_id == Lead.id, LeadScore.is_current)


@dataclass(frozen=True)
class Within:
    """How far a caller sees: the leads of these salespeople, and those offered to ``rep_id``."""

    rep_ids: frozenset[str]
    rep_id: str | None


@dataclass(frozen=True)
class Branch:
    """Leads of one place with what they are in order by, and what must hold of them there."""

    source: FromClause
    value: Any
    lead_id: Any
    holds: tuple[ColumnElement[bool], ...]

    def keys(self, descending: bool) -> tuple[Key, Key]:
        """What it is in order by."""
        return Key(self.value, descending), Key(self.lead_id, descending)


def branches(question: Question, now: datetime, valued: bool, few: bool = False) -> list[Branch]:
    """Where leads are that have the value that the list is in order by; or, without ``valued``,
    those that have none. ``few``: all that fit can be looked at and put in order, so that none has
    to be found along the order of scores, of which the model's and people's have one each."""
    by_score = question.sort == "score"
    if by_score and few:
        return [_of_either(question, now, valued)]
    if by_score and not valued:
        return [_of_nobody(question, now)]
    if not valued and question.sort in NEVER_EMPTY:
        return []
    if by_score or asks_for_scores(question.where):
        found = [_of_the_model(question, now), _of_people(question, now)]
    else:
        found = [_of_all(question, now)]
    if by_score:
        return found
    held = [one.value.is_not(None) if valued else one.value.is_(None) for one in found]
    return [replace(one, holds=(*one.holds, own)) for one, own in zip(found, held, strict=True)]


def in_any_order(question: Question, now: datetime) -> list[Branch]:
    """Where the leads are that a question asks for, whatever order it has them in: scores and what
    people said of them are looked up only where it asks for these."""
    return branches(replace(question, sort="created_at"), now, True)


def statement(branch: Branch, question: Question, within: Within | None) -> Select[Any]:
    """The ids of the leads of a branch that a search asks for, and that its caller may see."""
    # Of two that were merged, the one that stands for both.
    wanted = [Lead.merged_into.is_(None), *branch.holds, *_assigned(question, within)]
    if question.status is not None:
        wanted.append(_ended(question.status))
    if question.name:
        wanted.append(is_called(question.name))
    wanted += [works_at(part) for part in question.company]
    return select(branch.lead_id.label("id")).select_from(branch.source).where(*wanted)


def _of_all(question: Question, now: datetime) -> Branch:
    meant = narrowed(question.where, now, None)
    source = lead_source(now) if _reads_scores(question, meant) else LEADS
    return Branch(source, SORTED_BY[question.sort], LEAD_ID, _holds(question, meant, now))


def _of_the_model(question: Question, now: datetime) -> Branch:
    """Leads whose score is the model's: the others are looked for among people's."""
    meant = narrowed(question.where, now, ScoreColumns(*MODELS))
    scored = join(Lead, LeadScore, SCORED)
    by_score = question.sort == "score"
    return Branch(
        scored.outerjoin(ScoreOverride, _overridden(now)),
        MODELS[0] if by_score else SORTED_BY[question.sort],
        LeadScore.lead_id if by_score else LEAD_ID,
        (ScoreOverride.lead_id.is_(None), *_holds(question, meant, now)),
    )


def _of_people(question: Question, now: datetime) -> Branch:
    meant = narrowed(question.where, now, ScoreColumns(*PEOPLES))
    source = join(Lead, ScoreOverride, _overridden(now))
    if _reads_scores(question, meant):
        source = source.outerjoin(LeadScore, SCORED)
    by_score = question.sort == "score"
    return Branch(
        source,
        PEOPLES[0] if by_score else SORTED_BY[question.sort],
        ScoreOverride.lead_id if by_score else LEAD_ID,
        _holds(question, meant, now),
    )


def _of_nobody(question: Question, now: datetime) -> Branch:
    """Leads that neither the model nor a person has scored."""
    meant = narrowed(question.where, now, None)
    empty = LeadScore.lead_id.is_(None), ScoreOverride.lead_id.is_(None)
    nothing = cast(null(), Double)
    return Branch(lead_source(now), nothing, LEAD_ID, (*empty, *_holds(question, meant, now)))


def _of_either(question: Question, now: datetime, valued: bool) -> Branch:
    """Leads by the score that counts: people's, else the model's."""
    score = effective_score()
    held = score.is_not(None) if valued else score.is_(None)
    meant = narrowed(question.where, now, None)
    return Branch(lead_source(now), score, LEAD_ID, (held, *_holds(question, meant, now)))


def only_owner(question: Question, within: Within | None) -> str | None:
    """The salesperson whose the leads in work are that are asked for, or that the caller sees;
    None where they may be several people's, nobody's, or have ended."""
    if question.nobody or question.stage in ("unassigned", *ENDS):
        return None
    if question.rep_id is not None:
        return question.rep_id
    return next(iter(within.rep_ids)) if within is not None and len(within.rep_ids) == 1 else None


def _holds(question: Question, meant: Narrowed, now: datetime) -> tuple[ColumnElement[bool], ...]:
    exactly = meant.exactly(lambda one: compiled(one, now))
    if question.scored_since is not None:
        exactly.append(LeadScore.as_of >= question.scored_since)
    return tuple(exactly)


def _reads_scores(question: Question, meant: Narrowed) -> bool:
    """Whether what is left of the conditions is read from scores."""
    asked = {name for one in (*meant.nearly, *meant.rest) for name in fields_of(one)}
    return question.scored_since is not None or not asked.isdisjoint(OF_SCORES)


def _overridden(now: datetime) -> ColumnElement[bool]:
    return and_(ScoreOverride.lead_id == Lead.id, in_force(now))


def _assigned(question: Question, within: Within | None) -> Sequence[ColumnElement[bool]]:
    """Who must have the lead, as asked and as far as the caller sees. Nobody's leads are within
    everybody's reach, and in a list where they are asked for."""
    if question.stage is not None:
        return at_stage(question.stage, None if within is None else within.rep_ids)
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
