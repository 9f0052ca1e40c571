"""The leads and the moment of each, for which feature expressions are computed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import DateTime, Select, bindparam, select
from sqlalchemy.sql.elements import ColumnElement

from features.store import leads


def as_of_literal(as_of: datetime) -> ColumnElement[datetime]:
    """The moment as a bound parameter.

    Raises:
        ValueError: the moment has no time zone.
    """
    if as_of.tzinfo is None:
        raise ValueError("A moment needs a time zone, for example datetime.now(UTC).")
    return bindparam("as_of", as_of, type_=DateTime(timezone=True), unique=True)


def all_leads(as_of: datetime) -> Select[tuple[str, datetime]]:
    """Every lead, at one moment."""
    return select(leads.c.id.label("lead_id"), as_of_literal(as_of).label("as_of"))


def leads_between(
    as_of: datetime, after_id: str, to_id: str | None
) -> Select[tuple[str, datetime]]:
    """The leads after one id up to and with another (None: to the end), at one moment."""
    chosen = all_leads(as_of).where(leads.c.id > after_id)
    return chosen if to_id is None else chosen.where(leads.c.id <= to_id)


def these_leads(as_of: datetime, ids: Sequence[str]) -> Select[tuple[str, datetime]]:
    """The named leads, at one moment."""
    return all_leads(as_of).where(leads.c.id.in_(ids))
