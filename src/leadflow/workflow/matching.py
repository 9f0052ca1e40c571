"""Which rules fit which events: all rules against all events of a batch, in one statement."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Text,
    and_,
    any_,
    case,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from leadflow.conditions.evaluation import holds
from leadflow.conditions.tree import Check, Condition, fields_of
from leadflow.conditions.values import ValueKind
from leadflow.domain_events.tables import DomainEvent
from leadflow.leads.tables import Lead
from leadflow.rules.compiling import compiled, field_value
from leadflow.rules.field_catalogue import kinds_of
from leadflow.rules.schemas import Rule
from leadflow.rules.sources import lead_source
from leadflow.workflow.event_fields import values_of_event
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
    fits = [
        case((and_(_is_of(rule), compiled(rule.conditions, now)), literal(place, Integer)))
        for place, rule in enumerate(rules)
    ]
    fitting = func.array_remove(array(fits), None).label("fitting")
    asked = sorted({each for rule in rules for each in _asked(rule.conditions)})
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
            fitting,
            *told,
        )
        .select_from(
            lead_source(now)
            .join(DomainEvent, DomainEvent.lead_id == Lead.id)
            .outerjoin(RuleFiring, RuleFiring.id == DomainEvent.caused_by)
        )
        .where(DomainEvent.id == any_(literal(list(event_ids), ARRAY(BigInteger))))
        .where(~DomainEvent.late)
        .order_by(DomainEvent.id)
    )
    found = []
    for event_id, kind, lead_id, at, depth, cause, places, *values in session.execute(query):
        fit = tuple(rules[place] for place in places if rules[place].rule_id != cause)
        if fit:
            known = dict(zip((name for name, _ in asked), values, strict=True))
            found.append(Happened(event_id, kind, lead_id, at, depth, fit, known))
    return found


def matched_alone(rule: Rule, event: DomainEvent, values: Mapping[str, Any], now: datetime) -> bool:
    """The same of one rule and one event, with the values of its lead as ``values_of`` reads
    them."""
    on_it = event.type in terms_of(rule).types
    return on_it and holds(rule.conditions, {**values, **values_of_event(event)}, now)


def _is_of(rule: Rule) -> ColumnElement[bool]:
    return DomainEvent.type == any_(literal(sorted(terms_of(rule).types), ARRAY(Text)))


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
