"""Where the fields come from: every lead with the score that counts, and reading their values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, FromClause, Text, any_, join, literal, select
from sqlalchemy.orm import Session

from leadflow.conditions.fields import RowsAtHand
from leadflow.leads.tables import Lead
from leadflow.rules.field_catalogue import CATALOGUE, FAMILIES
from leadflow.scoring.overrides.service import in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride


def lead_source(now: datetime) -> FromClause:
    """Every lead, with its current score and the override in force at the moment where it has
    them: what conditions are compiled over. Select from it; add conditions on ``Lead`` as
    needed."""
    scored = join(Lead, LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current, True)
    return join(scored, ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(now), True)


def values_of(
    session: Session, lead_ids: Sequence[str], now: datetime
) -> dict[str, dict[str, Any]]:
    """The value of every field of these leads, by lead and field, as of a moment (aware), in one
    query and one for each family. Ids of no lead are left out."""
    columns = [field.expression(now).label(name) for name, field in CATALOGUE.items()]
    query = select(Lead.id, *columns).select_from(lead_source(now))
    these = Lead.id == any_(literal(list(lead_ids), ARRAY(Text)))
    found = {}
    for lead_id, *values in session.execute(query.where(these)):
        found[lead_id] = dict(zip(CATALOGUE, values, strict=True))
    if not found:
        return found
    for family in FAMILIES.values():
        for lead_id, more in family.values(session, list(found), now).items():
            found[lead_id] |= more
    return found


def values_at_hand(
    lead: Lead, score: LeadScore | None, override: ScoreOverride | None, now: datetime
) -> dict[str, Any]:
    """What ``values_of`` reads, of rows that have been read already: every field but those that
    only the store knows (``field_catalogue.is_at_hand``). ``override`` is the one in force."""
    rows = RowsAtHand(lead, score, override, now)
    values = {
        name: field.at_hand(rows) for name, field in CATALOGUE.items() if field.at_hand is not None
    }
    for family in FAMILIES.values():
        if family.at_hand is not None:
            values |= family.at_hand(rows)
    return values
