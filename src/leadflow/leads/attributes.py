"""What each custom attribute is: guessed from the first value sent, or said by a mapping."""

from collections.abc import Mapping as Values
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from features.attribute_values import is_written_date
from leadflow.leads.mapping import Mapping, MappingError
from leadflow.leads.mapping_parts import Attribute
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
            "label": _label(name),
            "kind": guessed_kind(attributes[name]),
            "dimension": "fit",
            "guessed": True,
        }
        for name in new
    ]
    statement = insert(AttributeDefinition).values(rows)
    session.execute(statement.on_conflict_do_nothing(index_elements=["name"]))


def register_mapped(session: Session, mapping: Mapping) -> None:
    """Make features of the mapping's attributes. What it says replaces what was guessed.

    Raises:
        MappingError: an attribute is known as one of another kind, or there are too many.
    """
    known = {row.name: row for row in session.scalars(select(AttributeDefinition))}
    if len(known.keys() | mapping.attributes.keys()) > MOST_ATTRIBUTES:
        raise MappingError(
            f"There may be {MOST_ATTRIBUTES:,} attributes, {len(known):,} are known already and "
            f"this mapping has {len(mapping.attributes):,}. Leave out those that say least."
        )
    for name, attribute in mapping.attributes.items():
        row = known.get(name)
        if row is None:
            row = AttributeDefinition(name=name, guessed=False, kind=attribute.kind)
            session.add(row)
        _define(row, name, attribute)


def _define(row: AttributeDefinition, name: str, attribute: Attribute) -> None:
    if row.kind != attribute.kind and not row.guessed:
        raise MappingError(
            f"attributes.{name} is {attribute.kind} here and {row.kind} in earlier leads. "
            "Give it another name, or the same kind."
        )
    row.kind, row.use, row.guessed = attribute.kind, attribute.use, False
    row.label, row.dimension = attribute.label or _label(name), attribute.dimension


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(AttributeDefinition)) or 0
