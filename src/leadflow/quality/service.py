"""Drawing samples of automated decisions for people to judge."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.database.ids import new_id
from leadflow.quality.candidates import bounds_of, candidates
from leadflow.quality.errors import DayNotOver
from leadflow.quality.review_kinds import KINDS, ReviewKind
from leadflow.quality.sampling import Drawn, draw, seed_of
from leadflow.quality.schemas import SampleOut
from leadflow.quality.tables import QualityItem, QualitySample
from leadflow.settings import Settings

ACTOR = "sample_quality"
MOST_DAYS = 7


def draw_sample(session: Session, day: date, settings: Settings, now: datetime) -> list[SampleOut]:
    """Draw what people judge of a day's decisions, one sample a kind; a day is drawn once, however
    often this is called.

    Raises:
        DayNotOver: more may be decided on that day.
    """
    if bounds_of(day)[1] > now:
        raise DayNotOver(day)
    return [_draw_kind(session, KINDS[name], day, settings, now) for name in sorted(KINDS)]


def draw_missing(session: Session, settings: Settings, now: datetime) -> list[SampleOut]:
    """Draw yesterday's samples, and before them those of the days since the last one drawn, a week
    at most: servers may have been down."""
    yesterday = now.date() - timedelta(days=1)
    last = session.scalar(select(func.max(QualitySample.day))) or yesterday - timedelta(days=1)
    missing = max(1, min((yesterday - last).days, MOST_DAYS))
    days = [yesterday - timedelta(days=back) for back in reversed(range(missing))]
    return [sample for day in days for sample in draw_sample(session, day, settings, now)]


def _draw_kind(
    session: Session, kind: ReviewKind, day: date, settings: Settings, now: datetime
) -> SampleOut:
    sample_id = _claimed(session, kind, day, settings, now)
    if sample_id is not None:
        _fill(session, session.get_one(QualitySample, sample_id), kind, settings, now)
    wanted = QualitySample.day == day, QualitySample.decision_kind == kind.name
    sample = session.scalars(select(QualitySample).where(*wanted)).one()
    known = {name: getattr(sample, name) for name in SampleOut.model_fields if name != "new"}
    return SampleOut(**known, new=sample_id is not None)


def _claimed(
    session: Session, kind: ReviewKind, day: date, settings: Settings, now: datetime
) -> str | None:
    """The id of the new, empty sample; None where the day has one. Who comes at the same time waits
    here until it is filled."""
    row = {
        "id": new_id("sample"),
        "day": day,
        "decision_kind": kind.name,
        "seed": seed_of(day, kind.name, settings.quality_seed),
        "population": 0,
        "size": 0,
        "drawn_at": now,
    }
    statement = insert(QualitySample).values(row).on_conflict_do_nothing()
    return session.scalar(statement.returning(QualitySample.id))


def _fill(
    session: Session, sample: QualitySample, kind: ReviewKind, settings: Settings, now: datetime
) -> None:
    size = kind.size(settings)
    found = candidates(session, kind, sample.day, sample.seed, max(size, 1))
    chosen = draw(found, size, settings.quality_second_share, sample.seed)
    decisions = kind.read(session, [item.subject_id for item in chosen], now)
    due_at = now + timedelta(hours=settings.quality_review_hours)
    items = [
        _item(sample, item, vars(decisions[item.subject_id]), due_at)
        for item in chosen
        if item.subject_id in decisions
    ]
    session.add_all(items)
    sample.population = sum({item.stratum: item.population for item in found}.values())
    sample.size = len(items)
    session.flush()
    audit.record(
        session,
        ACTOR,
        "quality.sampled",
        sample.id,
        {"kind": kind.name, "population": sample.population, "size": sample.size},
        why=f"the daily sample of {sample.day.isoformat()}",
    )


def _item(
    sample: QualitySample, drawn: Drawn, decision: Mapping[str, Any], due_at: datetime
) -> QualityItem:
    return QualityItem(
        sample_id=sample.id,
        decision_kind=sample.decision_kind,
        subject_id=drawn.subject_id,
        lead_id=drawn.lead_id,
        stratum=drawn.stratum.name,
        inclusion_probability=drawn.inclusion_probability,
        second_review=drawn.second_review,
        due_at=due_at,
        **decision,
    )
