"""Declarations of workflow rules: their kind, the act by which they act, and what waits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from leadflow.conditions.rule_actions import RuleAction
from leadflow.domain_events.tables import DomainEvent
from leadflow.observability.gauges import Queue
from leadflow.rules.rule_kinds import RuleKind
from leadflow.workflow import asking, catalogue, checking, setting, wanting
from leadflow.workflow.acts import PERFORM_RULE
from leadflow.workflow.built_in import BUILT_IN
from leadflow.workflow.event_fields import EVENT
from leadflow.workflow.service import KIND
from leadflow.workflow.terms import Terms


def install(actions: Iterable[RuleAction[Any]]) -> RuleKind:
    """Let these be all the actions there are; the kind of rules that may say them."""
    given = tuple(actions)
    catalogue.install(given)
    return RuleKind(
        KIND,
        catalogue.model_of(given),
        checking.problems,
        Terms,
        of_events=True,
        switched=wanting.want,
        built_in=BUILT_IN,
    )


def _pending(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    pending = select(func.count(), func.min(DomainEvent.at))
    found = session.execute(pending.where(DomainEvent.reacted_at.is_(None))).one()
    return found[0], found[1]


ACTS = (PERFORM_RULE, *asking.ACTS)
DECISION_KINDS = asking.DECISION_KINDS
FIELD_FAMILIES = (EVENT,)
QUEUES = (Queue("domain_events", _pending),)
RULE_ACTIONS = (setting.ACTION, asking.ACTION)
