"""Scoring leads: one now, or many as of one moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Select, Text, any_, literal, select
from sqlalchemy.orm import Session

from leadflow.leads.service import LeadNotFound
from leadflow.observability.steps import step
from leadflow.scoring.serving.feature_frames import (
    definitions_of,
    read_features,
    read_one,
    read_rows,
)
from leadflow.scoring.serving.score_rows import scored_leads
from leadflow.scoring.serving.score_writer import (
    as_objects,
    write_first_scores,
    write_score,
    write_scores,
)
from leadflow.scoring.serving.shadow import write_shadow
from leadflow.scoring.tables import LeadScore
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.raising import Raise
    from models.scores import Scorer


CLOCKS_DIFFER = timedelta(minutes=1)


class LeadNotScored(RuntimeError):
    """The lead has no score yet."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"Lead {lead_id} has not been scored yet.")


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


def score_lead(
    session: Session, scorer: "Scorer", lead_id: str, as_of: datetime, settings: Settings
) -> LeadScore:
    """Score one lead as of a moment and return its stored score.

    Raises:
        LeadNotFound: there was no such lead at that moment.
    """
    scored = score_these(session, scorer, [lead_id], as_of, settings)
    if lead_id not in scored:
        raise LeadNotFound(lead_id)
    return scored[lead_id]


@step("score")
def score_these(
    session: Session,
    scorer: "Scorer",
    lead_ids: Sequence[str],
    as_of: datetime,
    settings: Settings,
    first: bool = False,
) -> dict[str, LeadScore]:
    """Score up to a few thousand leads as of a moment and return the stored scores by lead; one
    that was not known then is absent. Choose a moment after any score they have
    (``moment_after``): the new ones are then the current ones. ``first``: this transaction has made
    the leads."""
    rows = read_rows(session, lead_ids, as_of, definitions_of(session, scorer))
    if not rows:
        return {}
    columns = {name: [row[name] for row in rows.values()] for name in next(iter(rows.values()))}
    scores = scorer.score_rows(list(rows.values()))
    scored = scored_leads(scores, list(rows), columns, as_of, settings)
    if len(rows) == 1:
        return {scored.lead_ids[0]: write_score(session, scored)}
    (write_first_scores if first else write_scores)(session, scored)
    return as_objects(scored)


def moment_after(current: Iterable[LeadScore], now: datetime) -> datetime:
    """Now, or a little later where another clock runs ahead: no score that was given meanwhile
    stays the current one. A score as of a day to come takes no other lead along."""
    ahead = [score.as_of for score in current if now <= score.as_of <= now + CLOCKS_DIFFER]
    return max(ahead) + timedelta.resolution if ahead else now


def current_scores(session: Session, lead_ids: Sequence[str]) -> dict[str, LeadScore]:
    """The newest score of each of these leads; one without a score is absent."""
    these = LeadScore.lead_id == any_(literal(list(lead_ids), ARRAY(Text)))
    found = session.scalars(select(LeadScore).where(these, LeadScore.is_current))
    return {score.lead_id: score for score in found}


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
        raise LeadNotScored(lead_id)
    return score
