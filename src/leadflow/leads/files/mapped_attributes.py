"""Definitions of custom attributes from a mapping, in the store."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.leads.attributes import MOST_ATTRIBUTES, label_of
from leadflow.leads.files.mapping import Mapping, MappingError
from leadflow.leads.files.mapping_parts import Attribute
from leadflow.leads.tables import AttributeDefinition


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
    row.direction = attribute.direction
    row.label, row.dimension = attribute.label or label_of(name), attribute.dimension
    if row.dropped_by == "mapping":  # what a person dropped, a person restores
        row.dropped_at = row.dropped_by = None
