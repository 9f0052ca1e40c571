"""What is answered of the leads of a page: one statement for all of them, and of it only what was
asked for."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Double,
    FromClause,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment, Rep
from leadflow.conditions.fields import AsOf
from leadflow.database.base import Moment
from leadflow.leads.tables import Lead, Outcome
from leadflow.rules.sources import lead_source
from leadflow.scoring.overrides.standing import effective_level, effective_score
from leadflow.scoring.tables import LeadScore
from leadflow.search.schemas import LeadListed, OwnerListed

OWNER = {
    "rep_id": Rep.id,
    "name": Rep.name,
    "since": Assignment.assigned_at,
    "due_at": Assignment.due_at,
}
COLUMNS: dict[str, Any] = {
    "budget": cast(Lead.budget_minor, Double) / 100,
    "currency": Lead.budget_currency,
    "status": func.coalesce(Outcome.outcome, literal("open", Text)),
    "score": effective_score(),
    "level": effective_level(),
    "probability": LeadScore.probability,
    "scored_at": LeadScore.as_of,
}
ROUNDED = {"score": 1, "probability": 4}


def read_listed(
    session: Session, lead_ids: Sequence[str], fields: Collection[str] | None, now: datetime
) -> list[LeadListed]:
    """These leads in this order, with these fields and their ids, or with all."""
    if not lead_ids:
        return []
    names = tuple(
        sorted({"id", *(LeadListed.model_fields if fields is None else fields)} - {"owner"})
    )
    owned = fields is None or "owner" in fields
    rows = session.execute(_statement(names, owned), {"ids": list(lead_ids), "now": now})
    found = {row["id"]: _listed(row, names, owned) for row in rows.mappings()}
    return [found[lead_id] for lead_id in lead_ids if lead_id in found]


@lru_cache(maxsize=256)
def _statement(names: tuple[str, ...], owned: bool) -> Select[Any]:
    """Making it takes longer than PostgreSQL takes to answer it."""
    columns = [
        (COLUMNS[name] if name in COLUMNS else getattr(Lead, name)).label(name) for name in names
    ]
    owner = [column.label(f"owner_{name}") for name, column in OWNER.items()] if owned else []
    statement = select(*columns, *owner).select_from(_joined(bindparam("now", type_=Moment)))
    return statement.where(Lead.id == any_(bindparam("ids", type_=ARRAY(Text))))


def _joined(now: AsOf) -> FromClause:
    """Leads with all that is told of where they stand; what a statement does not read of it,
    PostgreSQL does not join."""
    held = and_(Assignment.lead_id == Lead.id, Assignment.ended_at.is_(None))
    return (
        lead_source(now)
        .outerjoin(Outcome, Outcome.lead_id == Lead.id)
        .outerjoin(Assignment, held)
        .outerjoin(Rep, Rep.id == Assignment.rep_id)
    )


def _listed(row: Any, names: Sequence[str], owned: bool) -> LeadListed:
    values = {name: row[name] for name in names}
    for name, digits in ROUNDED.items():
        if values.get(name) is not None:
            values[name] = round(values[name], digits)
    if owned:
        owner = {name: row[f"owner_{name}"] for name in OWNER}
        values["owner"] = None if owner["rep_id"] is None else OwnerListed(**owner)
    return LeadListed(**values)
