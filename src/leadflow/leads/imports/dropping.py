"""Attributes as people see them: which there are, and dropping and restoring one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.leads.import_tables import TakenOutValue
from leadflow.leads.imports.taking_out import TakeOut, names_taken_out, put_back, take_out
from leadflow.leads.said import ATTRIBUTE
from leadflow.leads.tables import AttributeDefinition

ACTOR = "leadflow attributes"
HAVE = text("SELECT key, count(*) FROM leads, jsonb_object_keys(attributes) AS key GROUP BY 1")


class NoSuchAttribute(LookupError):
    """There is no such attribute, or nothing of it to restore; the message says what there is."""


@dataclass(frozen=True)
class AttributeListed:
    """An attribute, or a field of Leadflow's of which something was taken out. ``leads``: how many
    have it; ``taken_out``: from how many it was taken; ``dropped_at``: no model learns from it."""

    name: str
    label: str
    kind: str
    leads: int
    taken_out: int
    dropped_at: datetime | None


def attributes(session: Session) -> list[AttributeListed]:
    """Every attribute, and every field of which values were taken out."""
    have: Mapping[str, int] = {row[0]: row[1] for row in session.execute(HAVE)}
    out = _taken_out(session)
    rows = session.scalars(select(AttributeDefinition).order_by(AttributeDefinition.name))
    found = [
        AttributeListed(
            row.name,
            row.label,
            row.kind,
            have.get(row.name, 0),
            out.pop(ATTRIBUTE + row.name, 0),
            row.dropped_at,
        )
        for row in rows
    ]
    return found + [AttributeListed(n, n, "field", 0, times, None) for n, times in out.items()]


def drop_attribute(session: Session, name: str, now: datetime) -> int:
    """Take an attribute out of all leads and of learning, whoever said it; out of how many leads.

    Raises:
        NoSuchAttribute: there is none of this name, or it is dropped already.
    """
    row = session.get(AttributeDefinition, name, with_for_update=True)
    if row is None:
        raise NoSuchAttribute(
            f"There is no attribute {name!r}. See those there are: leadflow attributes list"
        )
    if row.dropped_at is not None:
        raise NoSuchAttribute(
            f"{name} is dropped already. To have it back: leadflow attributes restore {name}"
        )
    row.dropped_at, row.dropped_by = now, "person"
    times = take_out(session, TakeOut(ATTRIBUTE + name), None, now)
    audit.record(session, ACTOR, "attribute.dropped", name, {"leads": times})
    return times


def restore_attribute(session: Session, name: str) -> int:
    """Put back what was taken out of leads under this name, of an attribute or of a field, where
    nothing else was said since; into how many leads.

    Raises:
        NoSuchAttribute: nothing of this name was dropped or taken out.
    """
    row = session.get(AttributeDefinition, name, with_for_update=True)
    whole = name if row is None else ATTRIBUTE + name
    was_dropped = row is not None and row.dropped_at is not None
    if not was_dropped and whole not in names_taken_out(session):
        raise NoSuchAttribute(
            f"Nothing of {name!r} was dropped or taken out. See: leadflow attributes list"
        )
    if row is not None:
        row.dropped_at = row.dropped_by = None
    times = put_back(session, [whole])
    audit.record(session, ACTOR, "attribute.restored", name, {"leads": times})
    return times


def _taken_out(session: Session) -> dict[str, int]:
    counted = func.count(TakenOutValue.lead_id.distinct())
    rows = select(TakenOutValue.name, counted).group_by(TakenOutValue.name)
    return dict(session.execute(rows.order_by(TakenOutValue.name)).tuples().all())
