"""Segments, held against the newest leads: who is in each now, and who would be."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, func, literal, select
from sqlalchemy.orm import Session

from features.how_many import how_many, of_number
from leadflow.conditions.tree import Condition
from leadflow.drafts.trials.trial import MOST_SHOWN, Counted, CountTable, Differing, Trial
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled
from leadflow.rules.segments.expanding import expanded
from leadflow.rules.segments.service import conditions_now, read_segments
from leadflow.rules.sources import lead_source

# What is looked at of a store of millions, too, in a second.
NEWEST = 20_000
IN, OUT = "in it", "not in it"
Fits = tuple[ColumnElement[bool], ColumnElement[bool]]


def segments(session: Session, content: Any, now: datetime) -> Trial:
    """Hold each segment that would be another, by itself or by one that it names, against leads."""
    known = conditions_now(session)
    then = known | {name: one.conditions for name, one in read_segments(session, content).items()}
    fits = {
        name: (_fits(name, known, now), _fits(name, then, now))
        for name in then
        if name not in known or expanded(known[name], known) != expanded(then[name], then)
    }
    if not fits:
        return Trial("Each segment would have the leads that it has.", (), [])
    newest = _newest()
    looked, counted = _counts(session, fits, newest, now)
    come = sum(one[2] for one in counted.values())
    go = sum(one[3] for one in counted.values())
    return Trial(
        f"{how_many(come, 'lead')} would come in, and {go:,} {of_number(go, 'goes', 'go')} out.",
        (CountTable("Leads in it", [Counted(name, *of[:2]) for name, of in counted.items()]),),
        [one for name, of in fits.items() for one in _differing(session, name, of, newest, now)][
            :MOST_SHOWN
        ],
        (f"{how_many(looked, 'lead')} looked at, the newest.",),
    )


def _fits(name: str, of: Mapping[str, Condition], now: datetime) -> ColumnElement[bool]:
    return compiled(expanded(of[name], of), now) if name in of else literal(False)


def _newest() -> Subquery:
    standing = select(Lead.id).where(Lead.merged_into.is_(None))
    return standing.order_by(Lead.id.desc()).limit(NEWEST).subquery()


def _of(newest: Subquery, now: datetime) -> FromClause:
    return lead_source(now).join(newest, newest.c.id == Lead.id)


def _counts(
    session: Session, fits: Mapping[str, Fits], newest: Subquery, now: datetime
) -> tuple[int, dict[str, tuple[int, ...]]]:
    """How many leads were looked at; of each segment how many are in it, would be, would come in
    and would go out. One pass over the leads for all of them."""
    columns = [
        func.count().filter(one)
        for was, is_to in fits.values()
        for one in (was, is_to, is_to & ~was, was & ~is_to)
    ]
    looked, *found = session.execute(
        select(func.count(), *columns).select_from(_of(newest, now))
    ).one()
    return looked, {
        name: tuple(found[4 * place : 4 * place + 4]) for place, name in enumerate(fits)
    }


def _differing(
    session: Session, name: str, fits: Fits, newest: Subquery, now: datetime
) -> list[Differing]:
    was, is_to = fits
    others: Select[Any] = select(Lead.id, is_to).select_from(_of(newest, now))
    others = others.where(was.is_distinct_from(is_to)).order_by(Lead.id.desc()).limit(MOST_SHOWN)
    return [
        Differing(lead, OUT if comes else IN, IN if comes else OUT, f"the segment {name}")
        for lead, comes in session.execute(others)
    ]
