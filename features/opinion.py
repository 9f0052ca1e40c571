"""The feature of AI's opinion of a lead as of a moment, from a store of its own."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from features.feature import Dimension, Feature, FeatureKind
from features.store import ai_qualifications

AI_SCORE = Feature(
    "ai_score",
    "AI qualification",
    Dimension.AI,
    FeatureKind.NUMERIC,
    "AI rates this lead {value} of 100",
    missing="AI not asked",
    direction="up",
)


def latest_opinion(profile: FromClause, activity: FromClause) -> ColumnElement[Any]:
    """The score of the newest answer known by the moment: one look into an index per lead."""
    asked = ai_qualifications
    return (
        select(asked.c.score)
        .where(
            asked.c.lead_id == profile.c.lead_id,
            asked.c.status == "answered",
            asked.c.known_at <= profile.c.as_of,
        )
        .order_by(asked.c.known_at.desc())
        .limit(1)
        .correlate(profile)
        .scalar_subquery()
    )
