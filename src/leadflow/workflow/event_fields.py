"""What has just happened, as fields of conditions: ``event.type``, ``event.level_before`` …"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, ColumnElement, DateTime, Double, Text, cast, func, type_coerce
from sqlalchemy.orm import Session

from leadflow.conditions.fields import AsOf, FieldFamily
from leadflow.conditions.problems import nearest
from leadflow.conditions.values import ValueKind
from leadflow.domain_events.tables import DomainEvent
from leadflow.domain_events.types import FACTS

PREFIX = "event."
TYPE = "type"
ALL = {TYPE: ValueKind.TEXT, **FACTS}
_SQL: dict[ValueKind, Any] = {
    ValueKind.NUMBER: Double,
    ValueKind.BOOLEAN: Boolean,
    ValueKind.MOMENT: DateTime(timezone=True),
    ValueKind.TEXT: Text,
}


def _known(session: Session) -> dict[str, str]:
    return dict(ALL)


def _kinds(name: str, known: Mapping[str, str] | None) -> tuple[ValueKind, ...] | str:
    if name not in ALL:
        return f"Nothing that happens tells {name!r}. {nearest(name, ALL)}"
    return (ALL[name],)


def _expression(name: str, kind: ValueKind, now: AsOf) -> ColumnElement[Any]:
    if name == TYPE:
        return type_coerce(DomainEvent.type, Text)
    said = DomainEvent.facts.op("->>")(name)
    return said if kind is ValueKind.TEXT else cast(said, _SQL[kind])


def _is_empty(name: str, now: AsOf) -> ColumnElement[bool]:
    if name == TYPE:
        return DomainEvent.type.is_(None)
    return func.coalesce(DomainEvent.facts.op("->>")(name), "") == ""


EVENT = FieldFamily(PREFIX, _known, _kinds, _expression, _is_empty, of_events=True)
