"""The catalogue of fields that conditions name, put together from what rooms declare.

Expressions are over the leads with their scores as ``sources.lead_source`` joins them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from leadflow.catalogues import Catalogue
from leadflow.conditions.fields import Field, FieldFamily
from leadflow.conditions.problems import nearest, shown
from leadflow.conditions.values import ValueKind, Values
from leadflow.rules.segments.tables import segment_names

# The known names of each family, by its prefix, and of segments.
Known = Mapping[str, Mapping[str, str]]
CATALOGUE = Catalogue[Field]("fields of leads")
FAMILIES = Catalogue[FieldFamily]("families of fields")
# A field of every lead: the segments it is in. What it is compared with is written out before
# anything is read of a lead (``segments.expanding``).
SEGMENTS = "segments"


class FieldTwice(ValueError):
    """Two rooms declare a field or a family of one name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The field {name} is declared twice; give one of them another name.")


def install(fields: Iterable[Field], families: Iterable[FieldFamily]) -> None:
    """Let these be all the fields there are.

    Raises:
        FieldTwice: two have one name.
    """
    by_name: dict[str, Field] = {}
    by_prefix: dict[str, FieldFamily] = {}
    for field in fields:
        if field.name in by_name:
            raise FieldTwice(field.name)
        by_name[field.name] = field
    for family in families:
        if family.prefix in by_prefix:
            raise FieldTwice(family.prefix)
        by_prefix[family.prefix] = family
    CATALOGUE.install(by_name)
    FAMILIES.install(by_prefix)


def family_of(name: str) -> tuple[FieldFamily, str] | None:
    """The family a field belongs to, and its name within it; None for a field of the catalogue."""
    prefix, dot, own = name.partition(".")
    family = FAMILIES.get(prefix + dot) if dot else None
    return None if family is None else (family, own)


def known_names(session: Session) -> Known:
    """What names each family has, to hold the conditions of new rules against."""
    return {
        SEGMENTS: dict.fromkeys(segment_names(session), ""),
        **{prefix: family.known(session) for prefix, family in FAMILIES.items()},
    }


def kinds_of(
    name: Any, known: Known | None = None, of_events: bool = False
) -> tuple[ValueKind, ...] | str:
    """What a field may be read as, or why there is no such field, in words. ``of_events``: whether
    it may be one of what has just happened.

    ``known`` has the names of each family; None where they are not known, and any name that could
    be one is taken.
    """
    if isinstance(name, str) and name in CATALOGUE:
        return (CATALOGUE[name].kind,)
    if name == SEGMENTS:
        return (ValueKind.TEXTS,)
    found = family_of(name) if isinstance(name, str) else None
    if found is None:
        names = {prefix: (known or {}).get(prefix, {}) for prefix in FAMILIES}
        every = [prefix + own for prefix, all_of_it in names.items() for own in all_of_it]
        return f"There is no field {shown(name)}. {nearest(name, [*CATALOGUE, SEGMENTS, *every])}"
    family, own = found
    if family.of_events and not of_events:
        said = "what has just happened is known to workflow rules only"
        return f"There is no field {shown(name)} here: {said}. {nearest(name, CATALOGUE)}"
    return family.kinds(own, None if known is None else known.get(family.prefix, {}))


def values_of(name: str, known: Known | None = None) -> Values | None:
    """All that a text field, or an element of a list of texts, can be; None where it can be any."""
    if name == SEGMENTS:
        return None if known is None else tuple(known[SEGMENTS])
    return CATALOGUE[name].values if name in CATALOGUE else None


def is_at_hand(name: str) -> bool:
    """Whether a field is read out of a lead and its score; else only the store knows it."""
    found = family_of(name)
    return (CATALOGUE[name] if found is None else found[0]).at_hand is not None
