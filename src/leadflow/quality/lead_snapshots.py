"""Snapshots of leads as they were at a decision, for people who judge blind.

Features and the part of the profile that identifies nobody; never a score, and no opinion of AI,
which is a machine's answer too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Select, Text, column, select, union_all, values
from sqlalchemy.orm import Session

from features.attributes import PREFIX
from features.builder import feature_query
from features.definitions import DEFINITIONS
from features.feature import Dimension, Feature
from leadflow.leads.events.types import read_types
from leadflow.leads.tables import Lead, LeadHistory
from leadflow.scoring.serving.feature_frames import custom_definitions

Moment = tuple[str, datetime]  # a lead's id, and when
PROFILE = ("country", "region", "location", "service_requirements")


def facts_at(session: Session, moments: Sequence[Moment]) -> dict[Moment, list[dict[str, Any]]]:
    """``feature``, ``label``, ``value`` and ``says`` (in words) of every feature that is known of
    each lead at its moment; built-in ones also where they are not known."""
    if not moments:
        return {}
    custom = custom_definitions(session)
    features = [
        definition.feature
        for definition in (*DEFINITIONS, *custom)
        if definition.feature.dimension is not Dimension.AI
    ]
    rows = session.execute(feature_query(_rows(moments), read_types(session), custom)).mappings()
    return {(row["lead_id"], row["as_of"]): _facts(dict(row), features) for row in rows}


def profiles_at(session: Session, moments: Sequence[Moment]) -> dict[Moment, dict[str, Any]]:
    """Place and services wanted, as known of each lead at its moment."""
    if not moments:
        return {}
    moment = _rows(moments).cte("moment")
    present = (
        select(moment.c.lead_id, moment.c.as_of, *(getattr(Lead, name) for name in PROFILE))
        .join(Lead, Lead.id == moment.c.lead_id)
        .where(Lead.known_from <= moment.c.as_of)
    )
    past = (
        select(moment.c.lead_id, moment.c.as_of, *(getattr(LeadHistory, name) for name in PROFILE))
        .join(LeadHistory, LeadHistory.lead_id == moment.c.lead_id)
        .where(
            LeadHistory.known_from <= moment.c.as_of,
            LeadHistory.known_until > moment.c.as_of,
        )
    )
    rows = session.execute(union_all(present, past)).mappings()
    return {(row["lead_id"], row["as_of"]): {name: row[name] for name in PROFILE} for row in rows}


def _rows(moments: Sequence[Moment]) -> Select[Any]:
    table = values(
        column("lead_id", Text), column("as_of", DateTime(timezone=True)), name="looked_at"
    ).data(list(moments))
    return select(table.c.lead_id, table.c.as_of)


def _facts(row: dict[str, Any], features: Sequence[Feature]) -> list[dict[str, Any]]:
    return [
        {
            "feature": feature.name,
            "label": feature.label,
            "value": row[feature.name],
            "says": feature.sentence(row[feature.name]),
        }
        for feature in features
        if row[feature.name] is not None or not feature.name.startswith(PREFIX)
    ]
