"""Standings of leads: score, override, salesperson, outcome; read for many at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Text, any_, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from leadflow.assignment.tables import Assignment, Rep
from leadflow.database.copying import driver_connection
from leadflow.leads.service import absent
from leadflow.leads.tables import Lead, Outcome
from leadflow.qualification.service import Status, statuses_of
from leadflow.scoring.overrides.standing import in_force
from leadflow.scoring.serving.score import current_scores
from leadflow.scoring.tables import LeadScore, ScoreOverride

# Every request that hands a lead out asks for one.
NAMES = "SELECT id, name FROM reps WHERE id = ANY(%s)"
NAME: Any = Rep.__table__.c.name.type


@dataclass(frozen=True)
class Owner:
    """The salesperson who has a lead, since when and why; ``due_at``: when to get in touch."""

    rep_id: str
    name: str
    since: datetime
    why: str
    due_at: datetime | None


@dataclass(frozen=True)
class LeadStanding:
    """A lead and all that is known of where it stands. ``score`` is None where nothing could score
    it yet; ``override`` is the one in force; ``ai`` whether AI was asked about it."""

    lead: Lead
    score: LeadScore | None = None
    override: ScoreOverride | None = None
    owner: Owner | None = None
    outcome: str | None = None
    ai: Status = "not asked"


def standing_of(session: Session, lead_id: str, now: datetime) -> LeadStanding:
    """Where one lead stands.

    Raises:
        LeadNotFound: there is no such lead.
        LeadMerged: another stands for it.
    """
    found = standings(session, [lead_id], now).get(lead_id)
    if found is None or found.lead.merged_into is not None:
        raise absent(lead_id, None if found is None else found.lead)
    return found


def standings(session: Session, lead_ids: Sequence[str], now: datetime) -> dict[str, LeadStanding]:
    """Where these leads stand, by id; ids of no lead are absent. Six queries, however many."""
    if not lead_ids:
        return {}
    leads = session.scalars(select(Lead).where(among(Lead.id, lead_ids)))
    scores, overrides = current_scores(session, lead_ids), overrides_of(session, lead_ids, now)
    owners, outcomes = owners_of(session, lead_ids), outcomes_of(session, lead_ids)
    asked = statuses_of(session, lead_ids)
    return {
        lead.id: LeadStanding(
            lead,
            scores.get(lead.id),
            overrides.get(lead.id),
            owners.get(lead.id),
            outcomes.get(lead.id),
            asked.get(lead.id, "not asked"),
        )
        for lead in leads
    }


def among(column: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether the column has one of these values: one parameter, however many they are."""
    return column == any_(literal(list(values), ARRAY(Text)))


def overrides_of(
    session: Session, lead_ids: Sequence[str], now: datetime
) -> dict[str, ScoreOverride]:
    """The overrides in force, by lead."""
    these = select(ScoreOverride).where(among(ScoreOverride.lead_id, lead_ids), in_force(now))
    found = session.scalars(these.options(joinedload(ScoreOverride.person)))
    return {made.lead_id: made for made in found}


def owners_of(session: Session, lead_ids: Sequence[str]) -> dict[str, Owner]:
    """Who has these leads, by lead; one that nobody has is absent."""
    found = session.execute(
        select(Assignment, Rep)
        .join(Rep, Rep.id == Assignment.rep_id)
        .where(among(Assignment.lead_id, lead_ids), Assignment.ended_at.is_(None))
    )
    return {
        made.lead_id: Owner(rep.id, rep.name, made.assigned_at, made.why, made.due_at)
        for made, rep in found
    }


def names_of(session: Session, rep_ids: Collection[str]) -> dict[str, str]:
    """The names of salespeople, by id."""
    if not rep_ids:
        return {}
    found = driver_connection(session).execute(NAMES, [list(rep_ids)]).fetchall()
    return {rep_id: str(NAME.process_result_value(name, None)) for rep_id, name in found}


def outcomes_of(session: Session, lead_ids: Sequence[str]) -> dict[str, str]:
    """The newest outcome of each lead that has one."""
    found = session.execute(
        select(Outcome.lead_id, Outcome.outcome)
        .where(among(Outcome.lead_id, lead_ids))
        .order_by(Outcome.occurred_at)
    )
    return dict(found.tuples().all())
