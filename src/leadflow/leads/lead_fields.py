"""Fields of a lead that conditions may ask about. Personal data is not among them."""

from datetime import timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Double, Text, cast, func, literal, select

from leadflow.conditions.fields import AsOf, Expression, Field, RowsAtHand
from leadflow.conditions.values import Codes, ValueKind
from leadflow.leads.places import country_advice, country_codes
from leadflow.leads.readers.money import currencies
from leadflow.leads.tables import EventTypeRow, Lead, LeadEvent, Outcome

_NUMBER, _TEXT, _MOMENT = ValueKind.NUMBER, ValueKind.TEXT, ValueKind.MOMENT


def _column(name: str, kind: ValueKind) -> Field:
    return Field(name, kind, _as_it_is(getattr(Lead, name)), attrgetter(f"lead.{name}"))


def _count(name: str) -> Field:
    column = getattr(Lead, name)
    return Field(name, _NUMBER, lambda now: cast(column, Double), attrgetter(f"lead.{name}"))


def _code(name: str, column_name: str, codes: Codes) -> Field:
    # CHAR compares without its trailing blanks, text does not.
    column = getattr(Lead, column_name)
    at_hand = attrgetter(f"lead.{column_name}")
    return Field(name, _TEXT, lambda now: cast(column, Text), at_hand, codes)


def _currency_codes() -> frozenset[str]:
    return frozenset(map(str.lower, currencies()))


def _as_it_is(column: Any) -> Expression:
    return lambda now: column


def _budget(rows: RowsAtHand) -> float | None:
    minor: int | None = rows.lead.budget_minor
    return None if minor is None else minor / 100


def _age_in_days(now: AsOf) -> ColumnElement[Any]:
    age = now - Lead.created_at
    return func.date_part("epoch", age) / literal(86400.0, Double)


def _last_event_at(now: AsOf) -> ColumnElement[Any]:
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


def _lost_days(now: AsOf) -> ColumnElement[Any]:
    """How long a lead has been lost; empty where it is not."""
    lost_at = (
        select(Outcome.occurred_at)
        .where(Outcome.lead_id == Lead.id, Outcome.outcome == "lost")
        .correlate(Lead)
        .scalar_subquery()
    )
    ago = now - lost_at
    return func.date_part("epoch", ago) / literal(86400.0, Double)


FIELDS = (
    _column("company_name", _TEXT),
    _count("company_size"),
    _column("industry", _TEXT),
    _column("job_title", _TEXT),
    _column("seniority", _TEXT),
    _column("location", _TEXT),
    _code("country", "country", Codes(country_codes, country_advice)),
    _column("region", _TEXT),
    Field(
        "budget",
        _NUMBER,
        lambda now: cast(Lead.budget_minor, Double) / literal(100.0, Double),
        _budget,
    ),
    _code(
        "currency",
        "budget_currency",
        Codes(_currency_codes, lambda _: "Write its ISO 4217 code, such as USD."),
    ),
    _column("timeline", _TEXT),
    _column("timeline_months", _NUMBER),
    _column("service_requirements", ValueKind.TEXTS),
    _count("website_visits"),
    _count("email_opens"),
    _count("content_downloads"),
    _column("email_kind", _TEXT),
    _column("has_phone", ValueKind.BOOLEAN),
    _column("source", _TEXT),
    _column("created_at", _MOMENT),
    _column("known_from", _MOMENT),
    Field("last_event_at", _MOMENT, _last_event_at),
    Field("lost_days", _NUMBER, _lost_days),
    Field(
        "age_days",
        _NUMBER,
        _age_in_days,
        lambda rows: (rows.now - rows.lead.created_at) / timedelta(days=1),
    ),
)
