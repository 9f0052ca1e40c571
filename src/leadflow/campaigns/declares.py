"""Declarations of campaigns: their decision and the act that it leads to, what rules can do with
them, what a lead's address does, what waits, and how channels are."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from features.event_types import EventType
from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.configuration import CONFIGURATION as CAMPAIGNS
from leadflow.campaigns.dispatch import reconciling
from leadflow.campaigns.feedback.following import BOUNCE
from leadflow.campaigns.feedback.providers import HEARS
from leadflow.campaigns.keeping.months import held_up
from leadflow.campaigns.launching import ACTS, DECISION_KINDS
from leadflow.campaigns.rule_actions import RULE_ACTIONS
from leadflow.campaigns.shipped.rules import WORKFLOW_RULES
from leadflow.campaigns.tables import CampaignState, Enrolment
from leadflow.observability.gauges import Gauge, Queue, Reading
from leadflow.settings import get_settings

__all__ = [
    "ACTS",
    "CONFIGURATION",
    "DECISION_KINDS",
    "EVENT_TYPES",
    "GAUGES",
    "HEARS",
    "QUEUES",
    "RULE_ACTIONS",
    "WORKFLOW_RULES",
]

EVENT_TYPES = (EventType(BOUNCE, "E-mail bounced", BOUNCE, "engagement"),)


def _due(session: Session, now: datetime) -> tuple[int, datetime | None]:
    due = select(func.count(), func.min(Enrolment.due_at)).join(
        CampaignState, CampaignState.name == Enrolment.campaign
    )
    due = due.where(CampaignState.state == "live", Enrolment.ended_at.is_(None))
    found = session.execute(due.where(Enrolment.due_at <= now)).one()
    return found[0], found[1]


def _uncertain(session: Session, _now: datetime) -> tuple[int, datetime | None]:
    return reconciling.uncertain(session)


def _held_up(session: Session, now: datetime) -> tuple[int, datetime | None]:
    return held_up(session, now - timedelta(days=get_settings().campaigns_kept_days))


def _open(session: Session, _now: datetime) -> Iterable[Reading]:
    found = circuits.channels(session)
    return [((name,), float(one.state == "open")) for name, one in found.items()]


QUEUES = (
    Queue("enrolments_due", _due),
    Queue("messages_uncertain", _uncertain),
    Queue("messages_held_up", _held_up),
)
GAUGES = (
    Gauge(
        "channel_open",
        "1 where a channel fails by its own fault, and nothing is handed to it.",
        ("channel",),
        _open,
    ),
)
CONFIGURATION = (CAMPAIGNS,)
