"""Definitions of custom attributes that nobody has declared: by the first value sent for each."""

from collections.abc import Mapping as Values
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from features.attribute_values import is_written_date
from leadflow.leads.tables import AttributeDefinition

LONGEST_CATEGORY, MOST_WORDS = 60, 8
MOST_ATTRIBUTES = 1000  # features are columns of one query, and PostgreSQL has room for 1,664


def guessed_kind(value: bool | float | str) -> str:
    """The kind of an attribute, by the first value that was ever sent for it."""
    if isinstance(value, bool):
        return "boolean"
    if not isinstance(value, str):
        return "numeric"
    if is_written_date(value):
        return "date"
    return "text" if is_free_text(value) else "categorical"


def is_free_text(value: str) -> bool:
    """Whether a text is too long to be one of several values."""
    return len(value) > LONGEST_CATEGORY or len(value.split()) > MOST_WORDS


def register_seen(session: Session, attributes: Values[str, Any]) -> None:
    """Make features of attributes seen for the first time; in one order, so writers never cross.

    Beyond 1,000 names an attribute is kept on its lead and is no feature.
    """
    if not attributes:
        return
    columns = AttributeDefinition
    known = set(session.scalars(select(columns.name).where(columns.name.in_(attributes))))
    new = sorted(attributes.keys() - known)
    if not new or _count(session) + len(new) > MOST_ATTRIBUTES:
        return
    rows = [
        {
            "name": name,
            "label": label_of(name),
            "kind": guessed_kind(attributes[name]),
            "dimension": "fit",
            "guessed": True,
        }
        for name in new
    ]
    statement = insert(AttributeDefinition).values(rows)
    session.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def label_of(name: str) -> str:
    """The words that an attribute is shown by, where nobody gave it others."""
    return name.replace("_", " ").capitalize()


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AttributeDefinition)) or 0
