"""Workflow rules at work: held against what happened, and their firings with what came of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Select,
    Text,
    any_,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from leadflow.database.copying import copy_rows
from leadflow.database.ids import new_id
from leadflow.domain_events.tables import DomainEvent
from leadflow.outbox.service import enqueue_many
from leadflow.outbox.tables import OutboxRow
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.columns import json_text
from leadflow.rules.rule_kinds import kind_of
from leadflow.rules.schemas import Rule, RuleSet, parse_rules
from leadflow.rules.service import active_rules
from leadflow.workflow.built_in import BUILT_IN
from leadflow.workflow.firing import DAY, Counts, Fired, fire, limited
from leadflow.workflow.matching import Happened, matched
from leadflow.workflow.tables import MATCHED, RuleFiring
from leadflow.workflow.terms import terms_of

KIND = "workflow"
PERFORM = "perform_rule"
WORKFLOW_LOCK = 7_240_012
AT_A_TIME = 5000


@dataclass(frozen=True)
class InUse:
    """The rules that count. ``version`` is None for those that came with Leadflow."""

    version: int | None
    rules: RuleSet


@dataclass(frozen=True)
class Carried:
    """One action of a firing, and what became of it: a status of the outbox, and why;
    ``asked_for`` where another act of the outbox is to do it and has not."""

    action: str
    status: str
    why: str | None
    result: Mapping[str, Any]


@dataclass(frozen=True)
class Why:
    """A firing, with its actions."""

    firing: RuleFiring
    carried: tuple[Carried, ...]


def rules_in_use(session: Session) -> InUse:
    """The workflow rules that count: those stored and active, else those built in.

    Raises:
        RuleSetInvalid: the stored ones are no longer understood.
    """
    stored = active_rules(session, KIND)
    if stored is None:
        return InUse(None, _built_in())
    return InUse(stored.version, stored.rules)


def wanted_types(rules: RuleSet) -> frozenset[str]:
    """The types of events that some active rule acts on."""
    return frozenset(one for rule in rules.in_order for one in terms_of(rule).types)


def react(session: Session, now: datetime, most: int = AT_A_TIME) -> int:
    """Hold the rules in use against the oldest events that they were not held against yet; how many
    events that were. What a rule does is written to the outbox. Who comes while another is at it
    finds nothing to do, so that events are taken in their order."""
    taken = select(func.pg_try_advisory_xact_lock(WORKFLOW_LOCK))
    if not session.scalar(taken):
        return 0
    pending = select(DomainEvent.id).where(DomainEvent.reacted_at.is_(None))
    ids = list(session.scalars(pending.order_by(DomainEvent.id).limit(most)))
    if not ids:
        return 0
    book = rules_in_use(session)
    happened = matched(session, book.rules.in_order, ids, now)
    if happened:
        _keep(session, book.version, fire(happened, counts(session, happened, now)), now)
    these = DomainEvent.id == any_(literal(ids, ARRAY(BigInteger)))
    session.execute(update(DomainEvent).where(these).values(reacted_at=now))
    return len(ids)


def counts(session: Session, happened: Sequence[Happened], now: datetime) -> Counts:
    """How often the rules that fit have acted before."""
    rules = {rule.rule_id: rule for event in happened for rule in event.rules}
    leads = sorted({event.lead_id for event in happened})
    found = Counts()
    acted = select(RuleFiring.rule_id, RuleFiring.lead_id, func.count()).where(
        RuleFiring.status == "fired",
        RuleFiring.rule_id == any_(literal(sorted(rules), ARRAY(Text))),
        RuleFiring.lead_id == any_(literal(leads, ARRAY(Text))),
    )
    acted = acted.group_by(RuleFiring.rule_id, RuleFiring.lead_id)
    found.lead_today = _counted(session, acted.where(RuleFiring.at > now - DAY))
    spans = limited(list(rules.values()))
    within = or_(
        *(
            (RuleFiring.rule_id == rule_id)
            & (RuleFiring.at > now - span if span is not None else text("true"))
            for rule_id, span in spans.items()
            if terms_of(rules[rule_id]).limits.per_lead is not None
        )
    )
    if any(terms_of(rule).limits.per_lead is not None for rule in rules.values()):
        found.per_lead = _counted(session, acted.where(within))
    bounded = sorted(
        rule_id for rule_id, rule in rules.items() if terms_of(rule).limits.per_day is not None
    )
    if bounded:
        today = (
            select(RuleFiring.rule_id, func.count())
            .where(
                RuleFiring.status == "fired",
                RuleFiring.rule_id == any_(literal(bounded, ARRAY(Text))),
                RuleFiring.at > now - DAY,
            )
            .group_by(RuleFiring.rule_id)
        )
        found.today = Counter(dict(session.execute(today).tuples().all()))
    return found


def actions_of(rule: Rule) -> list[tuple[str, dict[str, Any]]]:
    """The actions of a rule in their order, each with what the rule says about it."""
    said = rule.actions
    return [
        (name, getattr(said, name).model_dump(mode="json"))
        for name in type(said).model_fields
        if getattr(said, name) is not None
    ]


def key_of(firing_id: str) -> str:
    """The key of a firing's act in the outbox."""
    return f"rule:{firing_id}"


def why(session: Session, lead_id: str, wanted: Wanted = FIRST) -> Page[Why]:
    """The firings of a lead, the newest first, each with what became of its actions."""
    these = select(RuleFiring).where(RuleFiring.lead_id == lead_id)
    order = Key(RuleFiring.at, descending=True), Key(RuleFiring.id, descending=True)
    firings = read_page(session, these, order, ("firings", lead_id), wanted)
    rows = _acts(session, [key_of(one.id) for one in firings.items])
    told = [each for row in rows.values() for each in (row.result or {}).values()]
    asked_for = _acts(session, [each["asked_for"] for each in told if "asked_for" in each])
    return firings.of(
        lambda one: Why(
            one,
            tuple(_carried(name, one, rows.get(key_of(one.id)), asked_for) for name in one.actions),
        )
    )


def _acts(session: Session, keys: Sequence[str]) -> dict[str, OutboxRow]:
    """What the outbox has under these keys."""
    these = select(OutboxRow).where(OutboxRow.key == any_(literal(list(keys), ARRAY(Text))))
    return {row.key: row for row in session.scalars(these)}


def _carried(
    action: str, firing: RuleFiring, row: OutboxRow | None, asked_for: Mapping[str, OutboxRow]
) -> Carried:
    if row is None:
        # Acts that ended are forgotten after a while; one that never was has its firing's reason.
        return Carried(action, "forgotten" if firing.status == "fired" else firing.status, None, {})
    told = (row.result or {}).get(action)
    if told is None:
        return Carried(action, row.status, row.why or row.error, {})
    act = asked_for.get(told.get("asked_for", ""))
    if act is not None:
        status = "asked_for" if act.status in ("waiting", "claimed") else act.status
        return Carried(action, status, act.why or act.error, told["result"] | (act.result or {}))
    status = "done" if told["nothing"] is None else "nothing_done"
    return Carried(action, status, told["nothing"], told["result"])


def _keep(session: Session, version: int | None, made: Sequence[Fired], now: datetime) -> None:
    rows, acts, cipher = [], [], get_cipher()
    for one in made:
        actions, firing_id = actions_of(one.rule), new_id("fire")
        told = {
            "id": firing_id,
            "version": version,
            "rule_id": one.rule.rule_id,
            "lead_id": one.event.lead_id,
            "event_id": one.event.event_id,
            "type": one.event.type,
            "at": now,
            "acts_at": one.acts_at,
            "status": one.status,
            "actions": [name for name, _ in actions],
            "matched": cipher.encrypt(json_text(_as_json(one)), MATCHED),
        }
        rows.append(told)
        if one.status == "fired":
            acts.append((one.acts_at, key_of(firing_id), _order(one, firing_id, actions)))
    # Row by row it takes as long as finding out which rules fit.
    if rows:
        copy_rows(session, "rule_firings", list(rows[0]), (tuple(row.values()) for row in rows))
    for after in dict.fromkeys(act[0] for act in acts):
        due = [(key, payload) for at, key, payload in acts if at == after]
        enqueue_many(session, PERFORM, due, after)


def _order(
    one: Fired, firing_id: str, actions: Sequence[tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    return {
        "firing_id": firing_id,
        "rule_id": one.rule.rule_id,
        "lead_id": one.event.lead_id,
        "depth": one.event.depth + 1,
        "actions": [{"action": name, "said": said} for name, said in actions],
    }


def _as_json(one: Fired) -> dict[str, Any]:
    """The values of the fields that the rule goes by; moments as they are written."""
    asked = one.event.asked_of(one.rule)
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asked.items()
    }


def _counted(session: Session, asked: Select[Any]) -> Counter[tuple[str, str]]:
    return Counter({(rule, lead): often for rule, lead, often in session.execute(asked)})


@lru_cache(maxsize=1)
def _built_in() -> RuleSet:
    kind = kind_of(KIND)
    return parse_rules(BUILT_IN, kind.actions, None, kind.terms, kind.of_events)
