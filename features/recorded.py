"""What a source records of its leads. Of a field that it has never filled for any of them, a lead's
silence says nothing: the rubric holds it against nobody."""

from collections.abc import Iterable

from sqlalchemy import Double, cast, func, literal
from sqlalchemy.sql.elements import ColumnElement

from features.event_types import EventTypes
from features.not_recorded import NOT_RECORDED
from features.store import leads, source_records

__all__ = [
    "BY_EVENTS",
    "NOT_RECORDED",
    "RECORDABLE",
    "bit",
    "bits_of",
    "filled_by_events",
    "filled_profiles",
    "not_recorded",
]

# The features whose field a source may never fill, in the order of their bits: add at the end.
RECORDABLE = (
    "seniority",
    "email_kind",
    "has_phone",
    "company_size",
    "budget",
    "timeline_months",
    "services_wanted",
    "website_visits",
    "recent_visits",
    "pricing_views",
    "content_downloads",
    "forms_sent",
    "email_opens",
    "email_clicks",
    "email_replies",
    "meetings",
    "industry",
    "country",
)
# Which events fill the field of a feature, by what they count as.
BY_EVENTS = {
    "website_visits": "website_visit",
    "recent_visits": "website_visit",
    "pricing_views": "pricing_view",
    "content_downloads": "content_download",
    "forms_sent": "form_sent",
    "email_opens": "email_open",
    "email_clicks": "email_click",
    "email_replies": "email_reply",
    "meetings": "meeting",
}


def bit(feature: str) -> int:
    """The bit of a feature in ``not_recorded``; 0 where it is none that may be lacking."""
    return 1 << RECORDABLE.index(feature) if feature in RECORDABLE else 0


def not_recorded() -> ColumnElement[float]:
    """The bits of what the source of a lead has never filled; 0 where nobody has looked yet."""
    return func.coalesce(cast(source_records.c.not_recorded, Double), literal(0.0, Double))


def filled_profiles() -> dict[str, ColumnElement[bool]]:
    """For each feature of the profile, whether any of the leads that are aggregated has it."""
    column = leads.c
    one_has = {
        "seniority": column.seniority.is_not(None),
        "email_kind": column.email_kind != "none",
        "has_phone": column.has_phone,
        "company_size": column.company_size.is_not(None),
        "budget": column.budget_minor.is_not(None),
        "timeline_months": column.timeline_months.is_not(None),
        "services_wanted": func.cardinality(column.service_requirements) > 0,
        "website_visits": column.website_visits > 0,
        "content_downloads": column.content_downloads > 0,
        "email_opens": column.email_opens > 0,
        "industry": column.industry.is_not(None),
        "country": column.country.is_not(None),
    }
    return {
        name: func.coalesce(func.bool_or(condition), False) for name, condition in one_has.items()
    }


def filled_by_events(types: EventTypes, seen: Iterable[str]) -> set[str]:
    """The features that events of these types fill."""
    seen = set(seen)
    return {name for name, counted in BY_EVENTS.items() if seen & set(types.counted_as(counted))}


def bits_of(features: Iterable[str]) -> int:
    """What ``not_recorded`` is where these are not."""
    return sum({bit(name) for name in features})
