"""The leads a sweep is about: open, without a salesperson, and given to one by a rule."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, Select, exists, or_, select
from sqlalchemy.orm import Session

from features.normal_forms import compared
from leadflow.assignment.choice.plan import Group
from leadflow.assignment.routing.rulebook import Rulebook
from leadflow.assignment.snapshots import LeadSnapshot
from leadflow.assignment.sweep_tables import UnroutableLead
from leadflow.assignment.tables import Assignment
from leadflow.leads.tables import Lead, Outcome
from leadflow.rules.service import lead_source, matching
from leadflow.scoring.overrides.standing import effective_level, effective_score
from leadflow.scoring.tables import LeadScore

# Attributes that say where a lead is and which language it speaks, by their usual names.
POSTAL_CODE = "postal_code"
LANGUAGE = "language"


def due_groups(
    session: Session,
    book: Rulebook,
    skills: frozenset[str],
    now: datetime,
    limit: int,
    tried_before: datetime | None,
) -> list[Group]:
    """Up to ``limit`` leads by their rules, in the order of the rules, the best score first; the
    leads' rows are held until the transaction ends. Of those on the list of leads that nobody can
    take, only the ones last tried before ``tried_before``, or none.
    """
    held = due_leads(book, now, limit, tried_before).with_for_update(
        key_share=True, skip_locked=True, of=Lead
    )
    return grouped(session.execute(held).all(), book, skills)


def grouped(rows: Sequence[Row[Any]], book: Rulebook, skills: frozenset[str]) -> list[Group]:
    """Rows of ``lead_columns`` and a ``rule_id``, as groups in the order of the rules; those of
    rules that give leads to nobody are left out."""
    otherwise = _usual_value(row.budget_minor for row in rows)
    by_rule: dict[str | None, list[LeadSnapshot]] = {}
    for row in rows:
        lead = lead_snapshot(row._mapping, skills, otherwise)
        by_rule.setdefault(row.rule_id, []).append(lead)
    order = book.order
    return [
        Group(plan, by_rule[rule_id])
        for rule_id in sorted(by_rule, key=lambda known: order[known])
        if (plan := book.plan(rule_id)) is not None
    ]


def is_open() -> ColumnElement[bool]:
    """Whether a lead has neither a salesperson nor an outcome, and no other stands for it."""
    owned = exists().where(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
    closed = exists().where(Outcome.lead_id == Lead.id)
    return ~owned & ~closed & Lead.merged_into.is_(None)


def lead_columns() -> tuple[ColumnElement[Any] | Any, ...]:
    """What ``lead_snapshot`` reads, selected from ``rules.service.lead_source``."""
    return (
        Lead.id,
        Lead.country,
        Lead.region,
        Lead.industry,
        Lead.company_size,
        Lead.company_name,
        Lead.service_requirements,
        Lead.budget_minor,
        Lead.attributes[POSTAL_CODE].astext.label(POSTAL_CODE),
        Lead.attributes[LANGUAGE].astext.label(LANGUAGE),
        effective_score().label("total_score"),
        effective_level().label("level"),
        LeadScore.probability,
    )


def lead_snapshot(
    row: Mapping[str, Any] | RowMapping, skills: frozenset[str], usual_value: float
) -> LeadSnapshot:
    """A lead as assignment looks at it, from ``lead_columns`` by name; ``usual_value``: what a lead
    without a budget is worth."""
    budget = row["budget_minor"]
    return LeadSnapshot(
        lead_id=row["id"],
        country=row["country"],
        region=row["region"],
        postal_code=row[POSTAL_CODE],
        industry=row["industry"],
        company_size=row["company_size"],
        company_name=row["company_name"],
        language=_language(row[LANGUAGE]),
        wants=_wanted(row["service_requirements"] or (), skills),
        level=row["level"],
        total_score=row["total_score"],
        probability=row["probability"],
        value=usual_value if budget is None else budget / 100,
    )


def _wanted(said: Iterable[str], skills: frozenset[str]) -> frozenset[str]:
    """The skills that a lead asks for, however it spells them."""
    if not skills:
        return frozenset()
    known = _by_form(skills)
    return frozenset(known[form] for form in map(compared, said) if form in known)


@lru_cache(maxsize=8)
def _by_form(skills: frozenset[str]) -> Mapping[str, str]:
    return {compared(name): name for name in skills}


def _language(written: str | None) -> str | None:
    return written.strip().lower()[:2] if written else None


def due_leads(
    book: Rulebook, now: datetime, limit: int, tried_before: datetime | None
) -> Select[Any]:
    """Open leads that a rule gives to somebody, with ``lead_columns`` and the ``rule_id``; as
    ``due_groups`` says."""
    listed = exists().where(UnroutableLead.lead_id == Lead.id)
    if tried_before is not None:
        listed = listed.where(UnroutableLead.last_tried_at >= tried_before)
    rule = matching(book.rules, now)
    return (
        select(*lead_columns(), rule.label("rule_id"))
        .select_from(lead_source(now))
        .where(_given_by(book, rule), is_open(), ~listed)
        .order_by(effective_score().desc().nulls_last(), Lead.id)
        .limit(limit)
    )


def listed_in_vain(book: Rulebook, now: datetime) -> ColumnElement[bool]:
    """Of a row of the list of leads that nobody can take: whether no rule gives the lead to
    somebody any more, as after a new score, or it has somebody or an outcome by now."""
    due = select(Lead.id).select_from(lead_source(now))
    of_row = due.where(Lead.id == UnroutableLead.lead_id).correlate(UnroutableLead)
    return ~exists(of_row.where(_given_by(book, matching(book.rules, now)), is_open()))


def _given_by(book: Rulebook, rule: ColumnElement[str | None]) -> ColumnElement[bool]:
    fits: list[ColumnElement[bool]] = [rule.in_(book.assigning)]
    if book.plan(None) is not None:
        fits.append(rule.is_(None))
    return or_(*fits)


def _usual_value(budgets: Iterable[int | None]) -> float:
    known: Sequence[int] = [budget for budget in budgets if budget is not None]
    return median(known) / 100 if known else 1.0
