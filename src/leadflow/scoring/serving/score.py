"""Scoring leads: one now, or many as of one moment."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from leadflow.leads.service import LeadNotFound
from leadflow.observability.steps import step
from leadflow.scoring.serving.feature_frames import definitions_of, read_features, read_one
from leadflow.scoring.serving.score_rows import scored_leads
from leadflow.scoring.serving.score_writer import write_score, write_scores
from leadflow.scoring.serving.shadow import write_shadow
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.raising import Raise
    from models.scores import Scorer


class LeadNotScored(RuntimeError):
    """The lead has no score yet."""


@dataclass(frozen=True)
class Scored:
    """How many leads were scored, and how many of them are at each level."""

    leads: int
    levels: dict[str, int]


@step("score")
def score_leads(
    session: Session,
    scorer: "Scorer",
    moments: "Select[tuple[str, datetime]]",
    as_of: datetime,
    settings: Settings,
    shadow: "Scorer | None" = None,
) -> Scored:
    """Score and store the leads that ``moments`` selects, each as of the same moment.

    ``shadow`` scores them too, beside and unseen.
    """
    frame = read_features(session, moments, definitions_of(session, scorer, shadow))
    if frame.empty:
        return Scored(0, {})
    scored = scored_leads(scorer.score(frame), frame.index.tolist(), frame, as_of, settings)
    write_scores(session, scored)
    if shadow is not None:
        write_shadow(session, shadow, frame, as_of, settings)
    return Scored(len(scored), {name: scored.level.count(name) for name in set(scored.level)})


@step("score")
def score_lead(
    session: Session, scorer: "Scorer", lead_id: str, as_of: datetime, settings: Settings
) -> LeadScore:
    """Score one lead as of a moment and return its stored score.

    Raises:
        LeadNotFound: there was no such lead at that moment.
    """
    values = read_one(session, lead_id, as_of, definitions_of(session, scorer))
    if values is None:
        raise LeadNotFound(lead_id)
    columns = {name: [value] for name, value in values.items()}
    scored = scored_leads(scorer.score_one(values), [lead_id], columns, as_of, settings)
    return write_score(session, scored)


def steps_up(session: Session, scorer: "Scorer", lead_id: str, now: datetime) -> "list[Raise]":
    """What a person could do to raise this lead's score most."""
    from models.raising import what_would_raise

    values = read_one(session, lead_id, now, definitions_of(session, scorer))
    return [] if values is None else what_would_raise(scorer, values)


def current_score(session: Session, lead_id: str) -> LeadScore:
    """The lead's newest score.

    Raises:
        LeadNotScored: it has none.
    """
    score = session.scalars(
        select(LeadScore).where(LeadScore.lead_id == lead_id, LeadScore.is_current)
    ).first()
    if score is None:
        raise LeadNotScored(f"Lead {lead_id} has not been scored yet.")
    return score
