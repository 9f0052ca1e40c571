"""Where the fields come from: every lead with the score that counts, and reading their values."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import nan
from typing import Any

from sqlalchemy import ARRAY, FromClause, Text, any_, cast, join, literal, select
from sqlalchemy.orm import Session

from leadflow.conditions.values import LONGEST_NUMBER
from leadflow.leads.tables import Lead
from leadflow.rules.fields import CATALOGUE, PREFIX
from leadflow.scoring.overrides.service import in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride

_OF_SCORE = (
    "probability",
    "confidence",
    "regime",
    "demographic",
    "behavioural",
    "engagement",
    "fit",
    "ai",
)
_OF_LEAD = (
    "company_name",
    "company_size",
    "industry",
    "job_title",
    "seniority",
    "location",
    "country",
    "region",
    "timeline",
    "timeline_months",
    "service_requirements",
    "website_visits",
    "email_opens",
    "content_downloads",
    "email_kind",
    "has_phone",
    "source",
    "created_at",
    "known_from",
)


def lead_source(now: datetime) -> FromClause:
    """Every lead, with its current score and the override in force at the moment where it has
    them: what conditions are compiled over. Select from it; add conditions on ``Lead`` as
    needed."""
    scored = join(Lead, LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current, True)
    return join(scored, ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(now), True)


def values_of(
    session: Session, lead_ids: Sequence[str], now: datetime
) -> dict[str, dict[str, Any]]:
    """The value of every field of these leads, by lead and field, as of a moment (aware).

    Each attribute is a field ``attributes.NAME``. Ids of no lead are left out.
    """
    columns = [field.expression(now).label(name) for name, field in CATALOGUE.items()]
    written = cast(Lead.attributes, Text)
    query = select(Lead.id, written, *columns).select_from(lead_source(now))
    these = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    found = {}
    for lead_id, attributes, *values in session.execute(query.where(these)):
        found[lead_id] = dict(zip(CATALOGUE, values, strict=True)) | _attributes(attributes)
    return found


def values_at_hand(
    lead: Lead, score: LeadScore | None, override: ScoreOverride | None, now: datetime
) -> dict[str, Any]:
    """What ``values_of`` reads, of rows that have been read already: every field but
    ``last_event_at``. ``override`` is the one in force."""
    counts = override or score
    values: dict[str, Any] = {name: getattr(score, name, None) for name in _OF_SCORE}
    values |= {name: getattr(lead, name) for name in _OF_LEAD}
    total = override.new_score if override else score.total_score if score else None
    values |= {
        "total_score": total,
        "level": None if counts is None else counts.level,
        "budget": None if lead.budget_minor is None else lead.budget_minor / 100,
        "currency": lead.budget_currency,
        "age_days": (now - lead.created_at) / timedelta(days=1),
    }
    return values | _attributes(json.dumps(lead.attributes or {}))


def _attributes(written: str) -> dict[str, Any]:
    content = json.loads(written, parse_float=_number, parse_int=_number)
    return {PREFIX + name: value for name, value in content.items()}


def _number(digits: str) -> float:
    # There, and yet no number to compare with: as ``attributes.read_attribute`` takes it.
    return float(digits) if len(digits) <= LONGEST_NUMBER else nan
