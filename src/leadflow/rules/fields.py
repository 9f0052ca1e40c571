"""The fields that conditions name: what kind each is, and the SQL that reads it.

Expressions are over ``Lead``, ``LeadScore`` and ``ScoreOverride`` as ``sources.lead_source`` joins
them. Personal data is not among them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from re import compile as pattern
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Double, Text, cast, func, literal, select

from leadflow.conditions.problems import nearest, shown
from leadflow.conditions.values import ValueKind
from leadflow.leads.tables import EventTypeRow, Lead, LeadEvent
from leadflow.scoring.overrides.service import effective_level, effective_score
from leadflow.scoring.tables import LeadScore

PREFIX = "attributes."
_ATTRIBUTE = pattern(r"[a-z][a-z0-9_]{0,62}")
# What an attribute may be, in the order in which a test's value is tried to be read.
ATTRIBUTE_KINDS = (ValueKind.NUMBER, ValueKind.BOOLEAN, ValueKind.MOMENT, ValueKind.TEXT)
KIND_OF_DEFINITION = {
    "numeric": ValueKind.NUMBER,
    "categorical": ValueKind.TEXT,
    "text": ValueKind.TEXT,
    "boolean": ValueKind.BOOLEAN,
    "date": ValueKind.MOMENT,
}
Expression = Callable[[datetime], ColumnElement[Any]]


@dataclass(frozen=True)
class Field:
    """A field of every lead: its name, its kind, and its SQL as of a moment. Numbers are
    ``double precision``."""

    name: str
    kind: ValueKind
    expression: Expression


def kinds_of(name: Any, attributes: Mapping[str, str] | None = None) -> tuple[ValueKind, ...] | str:
    """What a field may be read as, or why there is no such field, in words.

    ``attributes`` has the kind of each custom attribute by name (``numeric``, ``categorical``,
    ``boolean``, ``date`` or ``text``); None where they are not known, and any name is taken.
    """
    if isinstance(name, str) and name in CATALOGUE:
        return (CATALOGUE[name].kind,)
    if not isinstance(name, str) or not name.startswith(PREFIX):
        known = [*CATALOGUE, *(PREFIX + own for own in attributes or ())]
        return f"There is no field {shown(name)}. {nearest(name, known)}"
    own = name.removeprefix(PREFIX)
    if _ATTRIBUTE.fullmatch(own) is None:
        return "An attribute's name has small letters, digits and _, and begins with a letter."
    if attributes is None:
        return ATTRIBUTE_KINDS
    if own not in attributes:
        near = nearest(name, [PREFIX + known for known in attributes])
        return f"No lead has an attribute {own!r}. {near}"
    return (KIND_OF_DEFINITION[attributes[own]],)


def _number(column: Any) -> Expression:
    return lambda now: cast(column, Double)


def _plain(column: Any) -> Expression:
    return lambda now: column


def _text(column: Any) -> Expression:
    # CHAR compares without its trailing blanks, text does not.
    return lambda now: cast(column, Text)


def _age_in_days(now: datetime) -> ColumnElement[Any]:
    age = literal(now, DateTime(timezone=True)) - Lead.created_at
    return func.date_part("epoch", age) / literal(86400.0, Double)


def _last_event_at(now: datetime) -> ColumnElement[Any]:
    """Read along the index, and only of leads where a condition comes to it."""
    of_reps = select(EventTypeRow.name).where(EventTypeRow.done_by == "rep")
    return (
        select(func.max(LeadEvent.occurred_at))
        .where(
            LeadEvent.lead_id == Lead.id,
            LeadEvent.occurred_at <= now,
            LeadEvent.type.not_in(of_reps),
        )
        .correlate(Lead)
        .scalar_subquery()
    )


_N, _T, _M = ValueKind.NUMBER, ValueKind.TEXT, ValueKind.MOMENT
CATALOGUE = {
    field.name: field
    for field in (
        Field("total_score", _N, lambda now: effective_score()),
        Field("level", _T, lambda now: effective_level()),
        Field("probability", _N, _plain(LeadScore.probability)),
        Field("confidence", _T, _plain(LeadScore.confidence)),
        Field("regime", _T, _plain(LeadScore.regime)),
        Field("demographic", _N, _plain(LeadScore.demographic)),
        Field("behavioural", _N, _plain(LeadScore.behavioural)),
        Field("engagement", _N, _plain(LeadScore.engagement)),
        Field("fit", _N, _plain(LeadScore.fit)),
        Field("ai", _N, _plain(LeadScore.ai)),
        Field("company_name", _T, _plain(Lead.company_name)),
        Field("company_size", _N, _number(Lead.company_size)),
        Field("industry", _T, _plain(Lead.industry)),
        Field("job_title", _T, _plain(Lead.job_title)),
        Field("seniority", _T, _plain(Lead.seniority)),
        Field("location", _T, _plain(Lead.location)),
        Field("country", _T, _text(Lead.country)),
        Field("region", _T, _plain(Lead.region)),
        Field("budget", _N, lambda now: cast(Lead.budget_minor, Double) / literal(100.0, Double)),
        Field("currency", _T, _text(Lead.budget_currency)),
        Field("timeline", _T, _plain(Lead.timeline)),
        Field("timeline_months", _N, _plain(Lead.timeline_months)),
        Field("service_requirements", ValueKind.TEXTS, _plain(Lead.service_requirements)),
        Field("website_visits", _N, _number(Lead.website_visits)),
        Field("email_opens", _N, _number(Lead.email_opens)),
        Field("content_downloads", _N, _number(Lead.content_downloads)),
        Field("email_kind", _T, _plain(Lead.email_kind)),
        Field("has_phone", ValueKind.BOOLEAN, _plain(Lead.has_phone)),
        Field("source", _T, _plain(Lead.source)),
        Field("created_at", _M, _plain(Lead.created_at)),
        Field("known_from", _M, _plain(Lead.known_from)),
        Field("last_event_at", _M, _last_event_at),
        Field("age_days", _N, _age_in_days),
    )
}
