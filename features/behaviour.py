"""Behavioural features: what the lead did by itself."""

from datetime import timedelta

from features.activity import Counted, LastDone
from features.definition import Definition, days_before, days_since, done, reported_and_done
from features.feature import Dimension, Feature, FeatureKind

_DIMENSION = Dimension.BEHAVIOURAL
_NUMERIC = FeatureKind.NUMERIC

BEHAVIOUR: tuple[Definition, ...] = (
    reported_and_done(
        Feature(
            "website_visits",
            "Website visits",
            _DIMENSION,
            _NUMERIC,
            "Visited the website {value} times",
            says_for={"0": "Never visited the website", "1": "Visited the website once"},
            direction="up",
        ),
        "website_visits",
        Counted("visits_since", "website_visit", since_reported=True),
    ),
    done(
        Feature(
            "recent_visits",
            "Visits this week",
            _DIMENSION,
            _NUMERIC,
            "{value} website visits in the last 7 days",
            says_for={
                "0": "No website visit in the last 7 days",
                "1": "One website visit in the last 7 days",
            },
            direction="up",
        ),
        Counted("recent_visits", "website_visit", within=timedelta(days=7)),
    ),
    done(
        Feature(
            "pricing_views",
            "Pricing page views",
            _DIMENSION,
            _NUMERIC,
            "Looked at the prices {value} times",
            says_for={"0": "Has not looked at the prices", "1": "Looked at the prices once"},
            advice="Send the price list",
            step="more",
            direction="up",
        ),
        Counted("pricing_views", "pricing_view"),
    ),
    reported_and_done(
        Feature(
            "content_downloads",
            "Downloads",
            _DIMENSION,
            _NUMERIC,
            "Downloaded {value} documents",
            says_for={"0": "Downloaded nothing", "1": "Downloaded one document"},
            advice="Send a document worth reading",
            step="more",
            direction="up",
        ),
        "content_downloads",
        Counted("downloads_since", "content_download", since_reported=True),
    ),
    done(
        Feature(
            "forms_sent",
            "Forms sent",
            _DIMENSION,
            _NUMERIC,
            "Sent {value} forms",
            says_for={"0": "Sent no form", "1": "Sent a form"},
            advice="Invite them to send a form",
            step="more",
            direction="up",
        ),
        Counted("forms_sent", "form_sent"),
    ),
    days_since(
        Feature(
            "days_since_active",
            "Last activity",
            _DIMENSION,
            _NUMERIC,
            "Last active {value} days ago",
            says_for={"0": "Active in the last 24 hours", "1": "Last active yesterday"},
            missing="No activity seen yet",
            whole=True,
            advice="Get in touch: it has been quiet",
            step="zero",
            direction="down",
        ),
        LastDone("last_active_at"),
    ),
    Definition(
        Feature(
            "age_days",
            "Age of the lead",
            _DIMENSION,
            _NUMERIC,
            "Came in {value} days ago",
            says_for={"0": "Came in within the last 24 hours", "1": "Came in yesterday"},
            whole=True,
        ),
        lambda profile, activity: days_before(profile, profile.c.created_at),
        moves=True,
    ),
)
