"""Workflow rules at work in tests: stored, held against what happened, and carried out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from leadflow.accounts.actors import Actor
from leadflow.database.engine import get_engine, unit_of_work
from leadflow.domain_events.tables import DomainEvent
from leadflow.intake.edits import Edit, edit_leads
from leadflow.intake.leads import LeadSent, take_leads
from leadflow.intake.senders import Sender
from leadflow.leads.schemas import LeadEdit, LeadIn
from leadflow.outbox.consumer import drain
from leadflow.rules import service as rules
from leadflow.settings import get_settings
from leadflow.workflow import service
from leadflow.workflow.service import KIND
from leadflow.workflow.tables import RuleFiring
from models.rubric import Rubric

SENDER = Sender(Actor("key", "key:test", "test", scopes=frozenset({"lead.create", "lead.edit"})))


def rule(
    rule_id: str, on: list[str], conditions: Mapping[str, Any], actions: Any, **more: Any
) -> dict[str, Any]:
    """A rule as it is written."""
    written = {"rule_id": rule_id, "name": rule_id, "on": on, "conditions": dict(conditions)}
    return written | {"actions": actions} | more


def equals(**fields: Any) -> dict[str, Any]:
    return {name: {"operator": "equals", "value": value} for name, value in fields.items()}


def store(*written: dict[str, Any]) -> int:
    """Store rules and switch them on."""
    with unit_of_work() as session:
        read = rules.read_rules(session, KIND, {"rules": list(written)})
        return rules.store_rules(session, KIND, read, "test", None, activate=True)


def take(**fields: Any) -> str:
    """A lead comes in; its id."""
    with unit_of_work() as session:
        sent = LeadSent(LeadIn.model_validate(fields), SENDER)
        [taken] = take_leads(session, [sent], Rubric.load(), get_settings())
        assert not isinstance(taken, Exception)
        return taken.standing.lead.id


def edit(lead_id: str, **fields: Any) -> None:
    """A lead is edited, and scored anew."""
    with unit_of_work() as session:
        change = Edit(lead_id, LeadEdit.model_validate(fields), SENDER)
        edit_leads(session, [change], Rubric.load(), get_settings())


def act(rounds: int = 1) -> int:
    """Hold the rules against what happened and carry out what they say; how many events."""
    seen = 0
    for _ in range(rounds):
        with unit_of_work() as session:
            seen += service.react(session, now())
        drain(get_engine(), get_settings(), now)
    return seen


def now() -> datetime:
    return datetime.now(UTC)


def fired(rule_id: str | None = None, status: str = "fired") -> list[str]:
    """The leads for which rules fired, in order."""
    with unit_of_work() as session:
        asked = select(RuleFiring.lead_id).where(RuleFiring.status == status)
        if rule_id is not None:
            asked = asked.where(RuleFiring.rule_id == rule_id)
        return list(session.scalars(asked.order_by(RuleFiring.event_id, RuleFiring.id)))


def events(lead_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What happened to a lead, in order."""
    with unit_of_work() as session:
        asked = select(DomainEvent).where(DomainEvent.lead_id == lead_id).order_by(DomainEvent.id)
        return [(one.type, one.facts) for one in session.scalars(asked)]
