"""The source of condition fields: every lead with the score that counts, and the fields' values."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, FromClause, Text, any_, join, literal, select
from sqlalchemy.orm import Session

from leadflow.conditions.fields import AsOf, RowsAtHand, as_of
from leadflow.leads.tables import Lead
from leadflow.rules.field_catalogue import CATALOGUE, FAMILIES
from leadflow.scoring.overrides.standing import in_force
from leadflow.scoring.tables import LeadScore, ScoreOverride


def lead_source(now: datetime | AsOf) -> FromClause:
    """Every lead, with its current score and the override in force at the moment where it has
    them: what conditions are compiled over. Select from it; add conditions on ``Lead`` as
    needed."""
    scored = join(Lead, LeadScore, (LeadScore.lead_id == Lead.id) & LeadScore.is_current, True)
    return join(scored, ScoreOverride, (ScoreOverride.lead_id == Lead.id) & in_force(now), True)


def values_of(
    session: Session,
    rows: Sequence[RowsAtHand],
    now: datetime,
    stored: bool = True,
    asked: Collection[str] | None = None,
) -> dict[str, dict[str, Any]]:
    """The value of every field of leads that have been read with their scores, by lead and field,
    as of a moment (aware).

    ``asked``: of the fields that are at hand only these are needed (``fields_asked``).
    ``stored``: with the fields that only the store knows, such as the last event, which costs one
    query and one for each family of them; leave it out where no rule asks (``reads_store``).
    """
    at_hand = {
        name: field.at_hand
        for name, field in CATALOGUE.items()
        if field.at_hand is not None and (asked is None or name in asked)
    }
    families = [
        family.at_hand
        for prefix, family in FAMILIES.items()
        if family.at_hand is not None
        and (asked is None or any(name.startswith(prefix) for name in asked))
    ]
    found: dict[str, dict[str, Any]] = {}
    for one in rows:
        found[one.lead.id] = values = {name: read(one) for name, read in at_hand.items()}
        for read_family in families:
            values |= read_family(one)
    if found and stored:
        _add_stored(session, found, now)
    return found


def _add_stored(session: Session, found: dict[str, dict[str, Any]], now: datetime) -> None:
    fields = {name: field for name, field in CATALOGUE.items() if field.at_hand is None}
    columns = [field.expression(as_of(now)).label(name) for name, field in fields.items()]
    query = select(Lead.id, *columns).select_from(lead_source(now))
    these = Lead.id == any_(literal(list(found), ARRAY(Text)))
    for lead_id, *values in session.execute(query.where(these)):
        found[lead_id] |= dict(zip(fields, values, strict=True))
    for family in FAMILIES.values():
        if family.values is not None:
            for lead_id, more in family.values(session, list(found), now).items():
                found[lead_id] |= more
