"""Scores whose horizon has passed, with what came of the leads since."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Interval, Select, cast, literal, select
from sqlalchemy.orm import Session

from features.training_moments import AGES_IN_DAYS, ended_at, flagged_at
from leadflow.leads.tables import Lead
from leadflow.scoring.learning.learnable import converted_within
from leadflow.scoring.serving.tables import ShadowScore
from leadflow.scoring.tables import LeadScore

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Serving:
    """What scores leads: a version of the rubric, or of a learned model."""

    version: str
    rubric: bool = False

    def __str__(self) -> str:
        return f"{'rubric' if self.rubric else 'model'} {self.version}"


@dataclass(frozen=True)
class Matured:
    """n leads scored long enough ago, each once: the probabilities given, and who converted.

    ``beside`` holds the challenger's probabilities of the same leads and moments, where asked for.
    """

    probability: "np.ndarray"
    converted: "np.ndarray"
    beside: "np.ndarray"


def served_scores(
    session: Session, serving: Serving, since: datetime, now: datetime, horizon: timedelta
) -> Matured:
    """The first score that it gave each lead from ``since`` on, if it has matured."""
    scored = (
        select(
            LeadScore.lead_id,
            LeadScore.as_of,
            LeadScore.probability,
            LeadScore.probability.label("beside"),
        )
        .where(
            *_given_by(serving),
            LeadScore.as_of >= since,
            LeadScore.as_of <= now - horizon,
        )
        .distinct(LeadScore.lead_id)
        .order_by(LeadScore.lead_id, LeadScore.as_of)
    )
    return _read(session, scored, now, horizon)


def paired_scores(
    session: Session,
    serving: Serving,
    challenger: str,
    since: datetime,
    now: datetime,
    horizon: timedelta,
) -> Matured:
    """The first moment at which both scored a lead from ``since`` on, if it has matured."""
    scored = (
        paired(serving, challenger)
        .where(LeadScore.as_of >= since, LeadScore.as_of <= now - horizon)
        .distinct(LeadScore.lead_id)
        .order_by(LeadScore.lead_id, LeadScore.as_of)
    )
    return _read(session, scored, now, horizon)


def paired(serving: Serving, challenger: str) -> Select[Any]:
    """Every moment at which a lead got a score, and another by the challenger, with both."""
    return (
        select(
            LeadScore.lead_id,
            LeadScore.as_of,
            LeadScore.probability,
            ShadowScore.probability.label("beside"),
            LeadScore.total_score.label("total"),
            ShadowScore.total_score.label("total_beside"),
            LeadScore.level.label("level"),
            ShadowScore.level.label("level_beside"),
        )
        .join(
            ShadowScore,
            (ShadowScore.lead_id == LeadScore.lead_id) & (ShadowScore.as_of == LeadScore.as_of),
        )
        .where(*_given_by(serving), ShadowScore.model_version == challenger)
    )


def _given_by(serving: Serving) -> tuple[Any, ...]:
    # The rubric's versions are numbers of their own.
    given = LeadScore.regime == "rubric" if serving.rubric else LeadScore.regime != "rubric"
    return given, LeadScore.model_version == serving.version


def judged(scored: Select[Any], now: datetime, horizon: timedelta) -> Select[Any]:
    """Scores with whether the lead ``converted`` within the horizon after ``as_of``.

    Leads that had ended, or were older than those learned from, when they were scored are left
    out: no model was made for them. So are those whose facts or end a person has said are wrong,
    and those that others stand for, whose end is told of these.
    """
    moment = scored.subquery("moment")
    oldest = cast(literal(timedelta(days=max(AGES_IN_DAYS))), Interval)
    ended = ended_at(moment.c.as_of, moment.c.lead_id)
    return (
        select(moment, converted_within(moment, horizon).label("converted"))
        .join(Lead, Lead.id == moment.c.lead_id)
        .where(Lead.merged_into.is_(None), ~ended, ~flagged_at(now, Lead.id))
        .where(Lead.created_at >= moment.c.as_of - oldest)
    )


def _read(session: Session, scored: Select[Any], now: datetime, horizon: timedelta) -> Matured:
    import numpy as np

    found = judged(scored, now, horizon).subquery()
    rows = session.execute(
        select(found.c.probability, found.c.converted, found.c.beside)
    ).fetchall()
    values = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(-1, 3)
    return Matured(values[:, 0], values[:, 1].astype(np.int64), values[:, 2])
