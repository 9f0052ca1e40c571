"""Trying workflow rules on what has happened already: which would have acted on what."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from leadflow.domain_events.tables import DomainEvent
from leadflow.domain_events.types import DID
from leadflow.rules.schemas import RuleSet
from leadflow.workflow.firing import Counts, Fired, fire
from leadflow.workflow.matching import matched
from leadflow.workflow.service import wanted_types

MOST = 5000
# What happened before anybody wanted to know of it, out of the facts themselves.
# ruff: noqa: S608 - put together of constants
_SCORES = """
    SELECT s.lead_id, s.as_of AS at, s.level, s.total_score, s.probability, s.confidence, s.regime,
        s.model_version, lag(s.level) OVER w AS level_before, lag(s.total_score) OVER w AS before
    FROM lead_scores s WINDOW w AS (PARTITION BY s.lead_id ORDER BY s.as_of)
"""
PAST = {
    "lead.created": "SELECT id AS lead_id, created_at AS at, '{}'::jsonb AS facts FROM leads",
    "lead.scored": f"""
        SELECT lead_id, at, jsonb_build_object('score', total_score, 'score_before', before,
            'probability', probability, 'level', level, 'confidence', confidence,
            'regime', regime, 'model_version', model_version, 'as_of', at) AS facts
        FROM ({_SCORES}) s WHERE before IS NULL OR abs(total_score - before) >= 0.5""",
    "lead.level_changed": f"""
        SELECT lead_id, at, jsonb_build_object('level', level, 'level_before', level_before,
            'because', 'score') AS facts
        FROM ({_SCORES}) s WHERE level IS DISTINCT FROM level_before""",
    "lead.assigned": """
        SELECT lead_id, assigned_at AS at, jsonb_build_object('assignment_id', id,
            'rep_id', rep_id, 'strategy', strategy, 'level', level, 'due_at', due_at) AS facts
        FROM assignments""",
    "lead.touched": """
        SELECT lead_id, first_touch_at AS at,
            jsonb_build_object('assignment_id', id, 'rep_id', rep_id) AS facts
        FROM assignments WHERE first_touch_at IS NOT NULL""",
    **{
        f"lead.{outcome}": f"""
        SELECT lead_id, occurred_at AS at, jsonb_build_object('occurred_at', occurred_at,
            'value_minor', value_minor, 'value_currency', value_currency) AS facts
        FROM outcomes WHERE outcome = '{outcome}'"""
        for outcome in ("converted", "lost")
    },
}
_EVENTS = """
    SELECT lead_id, occurred_at AS at,
        jsonb_build_object('occurred_at', occurred_at, 'source', source) AS facts{more}
    FROM lead_events
"""
_DID = f"{_EVENTS.format(more='')} WHERE type = :did"
_OF_LEADS = " UNION ALL ".join(
    f"SELECT lead_id, at, facts, {name} AS type FROM ({past}) p "
    "WHERE lead_id = ANY (:leads) AND at > :since AND at <= :now"
    for name, past in (
        *((f"'{name}'", past) for name, past in PAST.items()),
        ("did", _EVENTS.format(more=f", '{DID}' || type AS did")),
    )
)
_WRITE = """
INSERT INTO domain_events (type, lead_id, facts, at, reacted_at)
SELECT :type, lead_id, facts, at, :now FROM ({past}) p
WHERE at <= :now ORDER BY at DESC LIMIT :last
RETURNING id, at
"""


@dataclass(frozen=True)
class RuleTrial:
    """What rules would have done: of how many events, how often each acted or would have, had it
    not acted as often as it may; and each single time, the newest first. ``unseen``: types that
    are written only once a rule in use wants them, and of which there is nothing yet."""

    events: int
    per_rule: dict[str, dict[str, int]]
    fired: tuple[Fired, ...]
    unseen: tuple[str, ...]


def try_on_past(session: Session, rules: RuleSet, now: datetime, last: int) -> RuleTrial:
    """Hold rules against the newest ``last`` events of the types that they act on, with their leads
    as they stand now. Nothing is stored, and nothing is done."""
    types = sorted(wanted_types(rules))
    tried = session.begin_nested()
    try:
        found, unseen = [], []
        for one in types:
            rows = _of_type(session, one, now, last)
            found += rows
            if not rows and one not in PAST and not one.startswith(DID):
                unseen.append(one)
        newest = sorted(found, key=lambda row: (row[1], row[0]))[-last:]
        order = {event_id: place for place, (event_id, _) in enumerate(newest)}
        happened = matched(session, rules.in_order, list(order), now)
        happened.sort(key=lambda event: order[event.event_id])
        made = fire(happened, Counts())
    finally:
        tried.rollback()
    return RuleTrial(len(newest), _counted(rules, made), tuple(reversed(made)), tuple(unseen))


def happened_to(
    session: Session, leads: Sequence[str], since: datetime, now: datetime
) -> Iterator[tuple[str, str, datetime, dict[str, Any]]]:
    """What has happened to leads from one moment up to another, out of the facts themselves,
    whether or not anybody wanted to know of it then: type, lead, moment, what it tells. Of one
    moment what was scored comes before the level that changed by it."""
    values = {"leads": list(leads), "since": since, "now": now}
    ordered = text(f"{_OF_LEADS} ORDER BY at, type DESC")
    for lead_id, at, facts, kind in session.execute(ordered, values):
        yield kind, lead_id, at, facts


def _of_type(session: Session, name: str, now: datetime, last: int) -> list[tuple[int, datetime]]:
    """The newest events of a type: made up of the facts, or as they were written."""
    values = {"type": name, "now": now, "last": last}
    if name in PAST:
        written = session.execute(text(_WRITE.format(past=PAST[name])), values)
        return [(row.id, row.at) for row in written]
    if name.startswith(DID):
        did = values | {"did": name.removeprefix(DID)}
        written = session.execute(text(_WRITE.format(past=_DID)), did)
        return [(row.id, row.at) for row in written]
    stored = select(DomainEvent.id, DomainEvent.at).where(DomainEvent.type == name)
    return [
        (row.id, row.at)
        for row in session.execute(stored.order_by(DomainEvent.id.desc()).limit(last))
    ]


def _counted(rules: RuleSet, made: Sequence[Fired]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = {rule.rule_id: Counter() for rule in rules.in_order}
    for one in made:
        counted[one.rule.rule_id][one.status] += 1
    return {rule_id: dict(often) for rule_id, often in counted.items()}
