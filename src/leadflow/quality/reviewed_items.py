"""The items judged in a period, with their reviews and their leads' outcomes, for the report."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, literal, or_, select
from sqlalchemy.orm import Session

from features.training_moments import ended_at
from leadflow.leads.tables import Outcome
from leadflow.quality.review_kinds import SEVERITIES, ReviewVerdict, Severity
from leadflow.quality.tables import QualityItem, QualityReview, QualitySample


@dataclass(frozen=True)
class Said:
    """What one person made of an item."""

    category: str
    verdict: ReviewVerdict
    severity: Severity


@dataclass(frozen=True)
class Looked:
    """One drawn item. ``said``: its reviews, the first one first. ``converted``: within the horizon
    after the decision; None while that is not known, or where the lead had ended before."""

    sample_id: str
    stratum: str
    inclusion_probability: float
    status: str
    overdue: bool
    answer: dict[str, Any]
    settled_verdict: ReviewVerdict | None
    said: tuple[Said, ...]
    converted: bool | None
    ended_before: bool

    @property
    def judged(self) -> bool:
        """Whether it is known if people agree with the machine."""
        return self.status in ("reviewed", "settled")

    @property
    def final(self) -> Said | None:
        """What stands: the first review that says what was settled. None where the third person
        sided with the machine against both reviewers, or nothing stands yet."""
        if not self.judged:
            return None
        verdict = self.settled_verdict or self.said[0].verdict
        return next((said for said in self.said if said.verdict == verdict), None)

    @property
    def agreed(self) -> bool:
        """Of a judged item: whether people agree with the machine."""
        return (self.settled_verdict or self.said[0].verdict) == "agree"

    @property
    def severity(self) -> Severity:
        """Of a judged item: how far people differ from the machine, at the most."""
        if self.agreed:
            return "none"
        found = [said.severity for said in self.said if said.verdict == "disagree"]
        return max(found, key=SEVERITIES.index, default="minor")


def looked_at(
    session: Session, since: date, until: date, horizon: timedelta, now: datetime
) -> dict[str, list[Looked]]:
    """Every item drawn of the decisions from one day to another, both included, by their kind."""
    rows = session.execute(_items(since, until, horizon, now)).all()
    reviews = _reviews(session, since, until)
    found: dict[str, list[Looked]] = defaultdict(list)
    for row in rows:
        found[row.decision_kind].append(
            Looked(
                sample_id=row.sample_id,
                stratum=row.stratum,
                inclusion_probability=row.inclusion_probability,
                status=row.status,
                overdue=row.status == "waiting" and row.due_at < now,
                answer=row.answer,
                settled_verdict=row.settled_verdict,
                said=tuple(reviews[row.id]),
                converted=row.converted,
                ended_before=row.ended_before,
            )
        )
    return found


def _items(since: date, until: date, horizon: timedelta, now: datetime) -> Select[Any]:
    item, ended = QualityItem, Outcome.lead_id == QualityItem.lead_id
    later = and_(
        ended,
        Outcome.occurred_at > item.decided_at,
        Outcome.occurred_at <= item.decided_at + horizon,
    )
    before = ended_at(item.decided_at, item.lead_id)
    over: ColumnElement[bool] = item.decided_at <= literal(now - horizon)
    converted = case(
        (before, None),
        (exists().where(later, Outcome.outcome == "converted"), True),
        (or_(exists().where(later), over), False),
    )
    return (
        select(
            item.id,
            item.decision_kind,
            item.sample_id,
            item.stratum,
            item.inclusion_probability,
            item.status,
            item.due_at,
            item.answer,
            item.settled_verdict,
            converted.label("converted"),
            before.label("ended_before"),
        )
        .join(QualitySample, QualitySample.id == item.sample_id)
        .where(QualitySample.day >= since, QualitySample.day <= until)
        .order_by(item.id)
    )


def _reviews(session: Session, since: date, until: date) -> dict[str, list[Said]]:
    rows = session.execute(
        select(
            QualityReview.item_id,
            QualityReview.category,
            QualityReview.verdict,
            QualityReview.severity,
        )
        .join(QualityItem, QualityItem.id == QualityReview.item_id)
        .join(QualitySample, QualitySample.id == QualityItem.sample_id)
        .where(QualitySample.day >= since, QualitySample.day <= until)
        .order_by(QualityReview.judged_at, QualityReview.id)
    )
    found: dict[str, list[Said]] = defaultdict(list)
    for item_id, category, verdict, severity in rows:
        found[item_id].append(Said(category, verdict, severity))
    return found


def populations(session: Session, since: date, until: date) -> dict[str, int]:
    """Decisions of the drawn days, by kind."""
    rows: Sequence[Any] = session.execute(
        select(QualitySample.decision_kind, QualitySample.population).where(
            QualitySample.day >= since, QualitySample.day <= until
        )
    ).all()
    found: dict[str, int] = defaultdict(int)
    for kind, population in rows:
        found[kind] += population
    return dict(found)
