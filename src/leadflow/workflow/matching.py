"""Which rules fit which events: all rules against all events of a batch, in one statement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import RawCursor
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from leadflow.conditions.tree import Check, Condition, fields_of
from leadflow.conditions.values import ValueKind
from leadflow.database.copying import NUMBERED, driver_connection
from leadflow.domain_events.tables import DomainEvent
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled, field_value
from leadflow.rules.field_catalogue import kinds_of
from leadflow.rules.schemas import Rule
from leadflow.rules.sources import lead_source
from leadflow.workflow.tables import RuleFiring
from leadflow.workflow.terms import terms_of


@dataclass(frozen=True)
class Happened:
    """A domain event of a lead, and the rules that fit, in the order in which they are tried.
    ``values`` are those of every field that some rule goes by. What came of a rule's own action
    does not set it off again."""

    event_id: int
    type: str
    lead_id: str
    at: datetime
    depth: int
    rules: tuple[Rule, ...]
    values: Mapping[str, Any]

    def asked_of(self, rule: Rule) -> dict[str, Any]:
        """The values of the fields that this rule goes by."""
        return {name: self.values[name] for name in sorted(fields_of(rule.conditions))}


def matched(
    session: Session, rules: Sequence[Rule], event_ids: Sequence[int], now: datetime
) -> list[Happened]:
    """What of these events some rule fits, the oldest first. Conditions are held against the lead
    as it stands now. Events whose lead is gone, that are of none, or that
    were history when they were heard of, fit no rule."""
    if not event_ids or not rules:
        return []
    kept = _statement(tuple((rule.conditions, terms_of(rule).types) for rule in rules))
    values = {**kept.values, "now": now, "events": list(event_ids)}
    found = []
    rows = RawCursor(driver_connection(session)).execute(
        kept.sql, [values[name] for name in kept.order], prepare=True
    )
    for event_id, kind, lead_id, at, depth, cause, places, *told in rows:
        fit = tuple(rules[place] for place in places if rules[place].rule_id != cause)
        if fit:
            known = dict(zip(kept.asked, told, strict=True))
            found.append(Happened(event_id, kind, lead_id, at, depth, fit, known))
    return found


@dataclass(frozen=True)
class _Statement:
    """SQL with ``$1``, ``$2`` …, the values of all but ``now`` and ``events``, and the names of
    both in that order; the fields that it reads."""

    sql: bytes
    values: Mapping[str, Any]
    order: Sequence[str]
    asked: tuple[str, ...]


@lru_cache(maxsize=8)
def _statement(rules: tuple[tuple[Condition, frozenset[str]], ...]) -> _Statement:
    """What finds which of these rules fit: of each its conditions and its types of events. Making
    it of 200 rules takes most of a second, so it is kept."""
    now = bindparam("now", type_=DateTime(timezone=True))
    fits = [
        case((and_(_is_of(types), compiled(conditions, now)), literal(place, Integer)))
        for place, (conditions, types) in enumerate(rules)
    ]
    asked = sorted({each for conditions, _ in rules for each in _asked(conditions)})
    told = [
        field_value(name, kind, now).label(f"value_{place}")
        for place, (name, kind) in enumerate(asked)
    ]
    query = (
        select(
            DomainEvent.id,
            DomainEvent.type,
            DomainEvent.lead_id,
            DomainEvent.at,
            DomainEvent.depth,
            RuleFiring.rule_id,
            func.array_remove(array(fits), None).label("fitting"),
            *told,
        )
        .select_from(
            lead_source(now)
            .join(DomainEvent, DomainEvent.lead_id == Lead.id)
            .outerjoin(RuleFiring, RuleFiring.id == DomainEvent.caused_by)
        )
        .where(DomainEvent.id == any_(bindparam("events", type_=ARRAY(BigInteger))))
        .where(~DomainEvent.late)
        .order_by(DomainEvent.id)
    )
    made = query.compile(dialect=NUMBERED)
    names = tuple(name for name, _ in asked)
    return _Statement(str(made).encode(), made.params, made.positiontup or (), names)


def _is_of(types: frozenset[str]) -> ColumnElement[bool]:
    return DomainEvent.type == any_(literal(sorted(types), ARRAY(Text)))


def _asked(condition: Condition) -> Iterator[tuple[str, ValueKind]]:
    """The fields that a condition goes by, each with what it is read as."""
    if isinstance(condition, Check):
        kinds = kinds_of(condition.field, of_events=True)
        if condition.kind is not None:
            yield condition.field, condition.kind
        elif not isinstance(kinds, str):
            yield condition.field, kinds[0]
        return
    for member in condition.members:
        yield from _asked(member)
