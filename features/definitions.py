"""The features every lead has, each defined once.

A definition pairs what the feature says with its SQL expression over ``profile`` (the lead as known
at the moment) and ``activity`` (counts over what it did up to then).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Double, Integer, cast, func, literal
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.feature import Dimension, Feature, FeatureKind
from features.opinion import AI_SCORE, latest_opinion

Expression = Callable[[FromClause, FromClause], ColumnElement[Any]]


@dataclass(frozen=True)
class Definition:
    """A feature and how it is computed from ``profile`` and ``activity``."""

    feature: Feature
    expression: Expression


def _known(name: str) -> Expression:
    return lambda profile, activity: profile.c[name]


def _did(name: str) -> Expression:
    return lambda profile, activity: cast(func.coalesce(activity.c[name], 0), Double)


def _number(name: str, divisor: float = 1.0) -> Expression:
    return lambda profile, activity: cast(profile.c[name], Double) / divisor


def _counted(name: str, events: str) -> Expression:
    """The count a company reported, plus what was seen since it was reported."""
    return lambda profile, activity: cast(
        func.coalesce(profile.c[name], 0) + func.coalesce(activity.c[events], 0), Double
    )


def _days_before(profile: FromClause, moment: ColumnElement[Any]) -> ColumnElement[Any]:
    # date_part gives a double where EXTRACT gives a numeric, several times as slow to compute with.
    return func.date_part("epoch", profile.c.as_of - moment) / literal(86400.0, Double)


_D, _B, _E, _F = (
    Dimension.DEMOGRAPHIC,
    Dimension.BEHAVIOURAL,
    Dimension.ENGAGEMENT,
    Dimension.FIT,
)
_N, _C, _Y = FeatureKind.NUMERIC, FeatureKind.CATEGORICAL, FeatureKind.BOOLEAN

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        Feature(
            "seniority",
            "Job level",
            _D,
            _C,
            "Job level: {value}",
            missing="No job title",
            advice="Find out the job title",
            step="known",
        ),
        _known("seniority"),
    ),
    Definition(
        Feature(
            "email_kind",
            "E-mail address",
            _D,
            _C,
            says_for={
                "company": "Writes from a company address",
                "free": "Writes from a free-mail address",
                "none": "Gave no e-mail address",
            },
        ),
        _known("email_kind"),
    ),
    Definition(
        Feature(
            "has_phone",
            "Phone number",
            _D,
            _Y,
            says_for={"1": "Left a phone number", "0": "Left no phone number"},
            advice="Ask for a phone number",
            step="more",
        ),
        lambda profile, activity: cast(cast(profile.c.has_phone, Integer), Double),
    ),
    Definition(
        Feature("country", "Country", _D, _C, "Based in {value}", missing="Country not known"),
        _known("country"),
    ),
    Definition(
        Feature(
            "industry",
            "Industry",
            _F,
            _C,
            "Industry: {value}",
            missing="No industry given",
            advice="Find out the industry",
            step="known",
        ),
        _known("industry"),
    ),
    Definition(
        Feature(
            "company_size",
            "Company size",
            _F,
            _N,
            "Company of {value} people",
            advice="Find out how large the company is",
            step="known",
        ),
        _number("company_size"),
    ),
    Definition(
        Feature(
            "budget",
            "Budget",
            _F,
            _N,
            "Budget of {value}",
            missing="No budget given",
            advice="Ask about the budget",
            step="known",
        ),
        _number("budget_minor", 100.0),
    ),
    Definition(
        Feature(
            "timeline_months",
            "Timeline",
            _F,
            _N,
            "Wants to start within {value} months",
            says_for={"0": "Wants to start now", "1": "Wants to start within a month"},
            missing="No timeline given",
            advice="Ask when they want to start",
            step="known",
        ),
        _known("timeline_months"),
    ),
    Definition(
        Feature(
            "services_wanted",
            "Services wanted",
            _F,
            _N,
            "Asked for {value} services",
            says_for={"0": "Named no service", "1": "Asked for one service"},
            advice="Find out what else they need",
            step="more",
        ),
        lambda profile, activity: cast(
            func.coalesce(func.cardinality(profile.c.service_requirements), 0), Double
        ),
    ),
    Definition(
        Feature(
            "website_visits",
            "Website visits",
            _B,
            _N,
            "Visited the website {value} times",
            says_for={"0": "Never visited the website", "1": "Visited the website once"},
        ),
        _counted("website_visits", "visits_since"),
    ),
    Definition(
        Feature(
            "recent_visits",
            "Visits this week",
            _B,
            _N,
            "{value} website visits in the last 7 days",
            says_for={
                "0": "No website visit in the last 7 days",
                "1": "One website visit in the last 7 days",
            },
        ),
        _did("recent_visits"),
    ),
    Definition(
        Feature(
            "pricing_views",
            "Pricing page views",
            _B,
            _N,
            "Looked at the prices {value} times",
            says_for={"0": "Has not looked at the prices", "1": "Looked at the prices once"},
            advice="Send the price list",
            step="more",
        ),
        _did("pricing_views"),
    ),
    Definition(
        Feature(
            "content_downloads",
            "Downloads",
            _B,
            _N,
            "Downloaded {value} documents",
            says_for={"0": "Downloaded nothing", "1": "Downloaded one document"},
            advice="Send a document worth reading",
            step="more",
        ),
        _counted("content_downloads", "downloads_since"),
    ),
    Definition(
        Feature(
            "forms_sent",
            "Forms sent",
            _B,
            _N,
            "Sent {value} forms",
            says_for={"0": "Sent no form", "1": "Sent a form"},
            advice="Invite them to send a form",
            step="more",
        ),
        _did("forms_sent"),
    ),
    Definition(
        Feature(
            "days_since_active",
            "Last activity",
            _B,
            _N,
            "Last active {value} days ago",
            says_for={"0": "Active in the last 24 hours", "1": "Last active yesterday"},
            missing="No activity seen yet",
            whole=True,
            advice="Get in touch: it has been quiet",
            step="zero",
        ),
        lambda profile, activity: _days_before(profile, activity.c.last_active_at),
    ),
    Definition(
        Feature(
            "age_days",
            "Age of the lead",
            _B,
            _N,
            "Came in {value} days ago",
            says_for={"0": "Came in within the last 24 hours", "1": "Came in yesterday"},
            whole=True,
        ),
        lambda profile, activity: _days_before(profile, profile.c.created_at),
    ),
    Definition(
        Feature(
            "email_opens",
            "E-mails opened",
            _E,
            _N,
            "Opened {value} e-mails",
            says_for={"0": "Opened no e-mail", "1": "Opened one e-mail"},
            advice="Write an e-mail they want to open",
            step="more",
        ),
        _counted("email_opens", "opens_since"),
    ),
    Definition(
        Feature(
            "email_clicks",
            "Links clicked",
            _E,
            _N,
            "Clicked {value} links in e-mails",
            says_for={"0": "Clicked no link in an e-mail", "1": "Clicked a link in an e-mail"},
            advice="Send a link worth following",
            step="more",
        ),
        _did("email_clicks"),
    ),
    Definition(
        Feature(
            "email_replies",
            "Replies",
            _E,
            _N,
            "Replied {value} times",
            says_for={"0": "Has not replied", "1": "Replied once"},
            advice="Ask a question they will answer",
            step="more",
        ),
        _did("email_replies"),
    ),
    Definition(
        Feature(
            "meetings",
            "Meetings",
            _E,
            _N,
            "Met with us {value} times",
            says_for={"0": "No meeting yet", "1": "Met with us once"},
            advice="Arrange a meeting",
            step="more",
        ),
        _did("meetings"),
    ),
    Definition(AI_SCORE, latest_opinion),
)
