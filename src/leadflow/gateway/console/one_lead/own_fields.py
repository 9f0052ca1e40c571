"""A company's own attributes of a lead, edited on its page, each as what it is registered as."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.attribute_values import is_written_date
from features.normal_forms import plain_text
from leadflow.leads.attributes import guessed_kind, label_of
from leadflow.leads.readers.numbers import NotANumber, read_number, written
from leadflow.leads.tables import AttributeDefinition, Lead

PREFIX = "attributes."
# Of those that nothing is known of yet; a company may have a thousand.
MOST_EMPTY = 40
WANTED = {
    "numeric": "a number, such as 1250 or 12.5",
    "boolean": "yes or no",
    "date": "a day, such as 2026-03-31",
    "categorical": "a text",
    "text": "a text",
}
SAID = {"yes": True, "no": False}
DAY = len("2026-03-31")


class NotReadable(ValueError):
    """What was typed is not of the kind of its attribute; the message says what to write."""


@dataclass(frozen=True)
class OwnField:
    """One attribute: ``field`` in the form, ``kind`` as it is registered, and as it is shown."""

    name: str
    label: str
    kind: str
    value: str

    @property
    def field(self) -> str:
        """What it is called in the form."""
        return PREFIX + self.name

    def control(self, value: str) -> Literal["choice", "number", "day", "lines", "line"]:
        """What it is typed into, with a value that a browser must not alter."""
        if self.kind == "boolean":
            return "choice"
        if self.kind == "text":
            return "lines"
        if self.kind == "numeric":
            return "number"
        is_day = not value or (len(value) == DAY and is_written_date(value))
        return "day" if self.kind == "date" and is_day else "line"


def own_fields(session: Session, lead: Lead, asked: Collection[str] = ()) -> list[OwnField]:
    """What the lead has, and some of what others have; ``asked``: names that are among them in any
    case. Each is there once, those with a value first."""
    known = {name: one for name, one in lead.attributes.items() if not isinstance(one, dict | list)}
    table = AttributeDefinition
    named = table.name.in_({*known, *asked})
    others = ~named & table.dropped_at.is_(None)
    statement = select(table).order_by(table.label, table.name)
    rows = [
        *session.scalars(statement.where(named)),
        *session.scalars(statement.where(others).limit(MOST_EMPTY)),
    ]
    fields = [OwnField(row.name, row.label, row.kind, _shown(known.get(row.name))) for row in rows]
    # Beyond a thousand names an attribute is nothing but a value of its lead.
    fields += [
        OwnField(name, label_of(name), guessed_kind(value), _shown(value))
        for name, value in known.items()
        if name not in {row.name for row in rows} and value is not None
    ]
    return sorted(fields, key=lambda one: not one.value)


def as_said(field: OwnField, typed: str) -> bool | float | str | None:
    """What was typed, as a program would send it; None where it was emptied.

    Raises:
        NotReadable: it is nothing of this kind.
    """
    if not typed:
        return None
    if field.kind == "boolean" and typed in SAID:
        return SAID[typed]
    if field.kind == "numeric":
        try:
            number = read_number(typed, None)
        except NotANumber as error:
            raise NotReadable(_wanted(field)) from error
        return int(number) if number.is_integer() else number
    if field.kind == "boolean" or (field.kind == "date" and not is_written_date(typed)):
        raise NotReadable(_wanted(field))
    return typed


def _wanted(field: OwnField) -> str:
    return f"{field.label} ({WANTED[field.kind]})"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return written(value).removesuffix(".0")
    return plain_text(str(value))
