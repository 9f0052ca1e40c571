"""Scoring leads: one now, or the next batch of all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from features.moments import leads_after, these_leads
from leadflow.database.ids import new_id
from leadflow.scoring.frames import custom_definitions, read_features
from leadflow.scoring.levels import level
from leadflow.scoring.shadow import write_shadow
from leadflow.scoring.tables import LeadScore
from leadflow.scoring.writing import write_scores
from leadflow.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from models.scorecard import Scorer, Scores


class LeadNotScored(RuntimeError):
    """The lead has no score yet."""


@dataclass(frozen=True)
class ScoredBatch:
    """What one batch came to: where to go on, and how many leads are at each level."""

    last_id: str
    leads: int
    levels: dict[str, int]


def score_batch(
    session: Session,
    scorer: "Scorer",
    as_of: datetime,
    last_id: str,
    settings: Settings,
    shadow: "Scorer | None" = None,
) -> ScoredBatch | None:
    """Score the next ``settings.score_batch`` leads after ``last_id``; None when none are left.

    ``shadow`` scores them too, beside and unseen.
    """
    frame = read_features(
        session, leads_after(as_of, last_id, settings.score_batch), custom_definitions(session)
    )
    if frame.empty:
        return None
    rows = list(score_rows(scorer, frame, as_of, settings))
    write_scores(session, rows)
    if shadow is not None:
        write_shadow(session, shadow, frame, as_of, settings)
    levels: dict[str, int] = {}
    for row in rows:
        levels[row["level"]] = levels.get(row["level"], 0) + 1
    return ScoredBatch(max(frame.index), len(rows), levels)


def score_lead(
    session: Session, scorer: "Scorer", lead_id: str, now: datetime, settings: Settings
) -> LeadScore:
    """Score one lead now and return its stored score."""
    frame = read_features(session, these_leads(now, [lead_id]), custom_definitions(session))
    write_scores(session, score_rows(scorer, frame, now, settings))
    return current_score(session, lead_id)


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


def score_rows(
    scorer: "Scorer", frame: "pd.DataFrame", as_of: datetime, settings: Settings
) -> Iterator[dict[str, Any]]:
    """The scores of a frame of features, as rows of ``lead_scores``."""
    from models.explanation import all_reasons

    known = frame.drop(columns="as_of")
    scores = scorer.score(known)
    reasons = all_reasons(scores, known)
    dimensions = scores.dimensions().to_dict("records")
    for place, lead_id in enumerate(frame.index):
        total = float(scores.total[place])
        yield {
            "id": new_id("score"),
            "lead_id": lead_id,
            "as_of": as_of,
            "total_score": total,
            "points": float(scores.points[place]),
            "probability": float(scores.probability[place]),
            "probability_low": float(scores.low[place]),
            "probability_high": float(scores.high[place]),
            "confidence": scores.confidence[place],
            "level": level(total, settings),
            **{str(name): float(value) for name, value in dimensions[place].items()},
            "contributions": _contributions(scores, place),
            "reasons": reasons[place],
            "regime": scores.regime,
            "model_version": scores.version,
        }


def _contributions(scores: "Scores", place: int) -> dict[str, float]:
    return {
        feature.name: float(points)
        for feature, points in zip(scores.features, scores.contributions[place], strict=True)
    }
