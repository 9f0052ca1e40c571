"""Fields that conditions may ask about tags and tasks. Only the store knows them."""

from typing import Any

from sqlalchemy import ColumnElement, Double, Select, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from leadflow.conditions.fields import AsOf, Field
from leadflow.conditions.values import ValueKind
from leadflow.follow_ups.tables import LeadTag, LeadTask
from leadflow.leads.tables import Lead


def _tags(now: AsOf) -> ColumnElement[Any]:
    """The tags in order, empty where there are none."""
    together = func.array_agg(aggregate_order_by(LeadTag.tag, LeadTag.tag))
    return select(together).where(LeadTag.lead_id == Lead.id).correlate(Lead).scalar_subquery()


def _open_tasks(now: AsOf) -> ColumnElement[Any]:
    return _open().correlate(Lead).scalar_subquery()


def _overdue_tasks(now: AsOf) -> ColumnElement[Any]:
    return _open().where(LeadTask.due_at < now).correlate(Lead).scalar_subquery()


def _open() -> Select[Any]:
    return select(cast(func.count(), Double)).where(
        LeadTask.lead_id == Lead.id, LeadTask.status == "open"
    )


FIELDS = (
    Field("tags", ValueKind.TEXTS, _tags),
    Field("open_tasks", ValueKind.NUMBER, _open_tasks),
    Field("overdue_tasks", ValueKind.NUMBER, _overdue_tasks),
)
