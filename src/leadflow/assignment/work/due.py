"""Cheap check whether anything is due about leads in work, before a flow is loaded."""

from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from leadflow.assignment.tables import Assignment
from leadflow.assignment.work.alarms import alarm_due, stale
from leadflow.assignment.work.clocks import step_due
from leadflow.assignment.work.event_touches import to_catch_up
from leadflow.assignment.work.redistribution import anything_to_redistribute
from leadflow.leads.tables import LeadEvent
from leadflow.settings import Settings


def work_is_due(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether ``escalate_assignments`` would do anything: a touch to count, a step or an alarm that
    is due, leads of somebody who is gone, leads that lie about."""
    touched = exists().where(Assignment.lead_id == LeadEvent.lead_id, to_catch_up())
    looks = or_(exists().where(step_due(now)), exists().where(alarm_due(now)), touched)
    return (
        bool(session.scalar(select(looks)))
        or anything_to_redistribute(session, settings, now)
        or bool(stale(session, settings, now))
    )
