"""Scores as decisions under review: which level would a person give this lead?"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlalchemy.orm import Session

from leadflow.quality.lead_snapshots import facts_at
from leadflow.quality.review_kinds import (
    SEVERITIES,
    Compared,
    ReviewedDecision,
    ReviewKind,
)
from leadflow.scoring.levels import BEST_FIRST
from leadflow.scoring.tables import LeadScore

BETWEEN = "@"


class ScoreJudgement(BaseModel):
    """The level that the reviewer would give the lead."""

    model_config = ConfigDict(extra="forbid")

    level: Literal["hot", "warm", "cold", "unqualified"] = Field(
        description="What you would make of this lead by the facts shown."
    )


def subject_id(lead_id: str, as_of: datetime) -> str:
    """A score has no id of its own: the lead and the moment name it."""
    return f"{lead_id}{BETWEEN}{as_of.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _named(subject: str) -> tuple[str, datetime]:
    lead_id, _, moment = subject.partition(BETWEEN)
    return lead_id, datetime.fromisoformat(moment)


def _population(start: datetime, end: datetime) -> Select[Any]:
    """Scores as of the day. What is scored as of an earlier moment was never acted on."""
    moment = func.to_char(func.timezone("UTC", LeadScore.as_of), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    subject: ColumnElement[str] = LeadScore.lead_id + BETWEEN + moment
    # "not enough history" is as unsure as "low".
    confidence = case(
        (LeadScore.confidence.in_(["high", "medium"]), LeadScore.confidence), else_="low"
    )
    return select(
        subject.label("subject_id"),
        LeadScore.lead_id,
        confidence.label("confidence"),
        LeadScore.probability.label("chance"),
    ).where(LeadScore.as_of >= start, LeadScore.as_of < end)


def _read(session: Session, subjects: Sequence[str], now: datetime) -> dict[str, ReviewedDecision]:
    named = [_named(subject) for subject in subjects]
    wanted = tuple_(LeadScore.lead_id, LeadScore.as_of).in_(named)
    scores = session.scalars(select(LeadScore).where(wanted)).all()
    facts = facts_at(session, named)
    return {
        subject_id(score.lead_id, score.as_of): ReviewedDecision(
            score.as_of, {"facts": facts[score.lead_id, score.as_of]}, _answer(score)
        )
        for score in scores
        if (score.lead_id, score.as_of) in facts
    }


def _answer(score: LeadScore) -> dict[str, Any]:
    return {
        "level": score.level,
        "total": round(score.total_score, 1),
        "probability": round(score.probability, 4),
        "confidence": score.confidence,
        "reasons": score.reasons,
        "regime": score.regime,
        "model_version": score.model_version,
    }


def _check(judgement: ScoreJudgement, shown: Mapping[str, Any]) -> None:
    """Every level can be given to every lead."""


def _compare(judgement: ScoreJudgement, answer: Mapping[str, Any]) -> Compared:
    """One level apart is minor, two are major, three critical."""
    apart = abs(BEST_FIRST.index(judgement.level) - BEST_FIRST.index(answer["level"]))
    return Compared(judgement.level, "disagree" if apart else "agree", SEVERITIES[apart])


SCORES = ReviewKind(
    name="score",
    plural="scores",
    size=lambda settings: settings.quality_daily_scores,
    population=_population,
    read=_read,
    judgement=ScoreJudgement,
    check=_check,
    compare=_compare,
    answer_category=lambda answer: str(answer["level"]),
)
