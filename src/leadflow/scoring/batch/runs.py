"""Scoring many leads in partitions: killed anywhere and started again, it goes on where it was."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from features.moments import leads_between
from features.store import leads
from leadflow.audit import service as audit
from leadflow.leads.changes import clear_changed_between
from leadflow.leads.source_records import look_at_all
from leadflow.leads.tables import ChangedLead, Lead
from leadflow.scoring.serving.score import Scored, score_leads
from leadflow.scoring.serving.score_rows import scorecard_id
from leadflow.scoring.tables import LeadScore, ScoringPartition, ScoringRun
from leadflow.settings import Settings

if TYPE_CHECKING:
    from models.scores import Scorer

# A run that was killed is taken up again; one older than this has been overtaken by events.
RESUMED_WITHIN = timedelta(hours=6)
# A fact is marked before its transaction ends: marks this young may stand for facts not yet seen.
STILL_ENDING = timedelta(seconds=10)


@dataclass(frozen=True)
class Run:
    """A scoring run: its moment, and which of its partitions are left to do, by their numbers."""

    run_id: str
    as_of: datetime
    everything: bool
    partitions_left: tuple[int, ...]


def open_run(
    session: Session,
    scorer: "Scorer",
    as_of: datetime | None,
    everything: bool,
    now: datetime,
    settings: Settings,
) -> Run:
    """The run that was begun with the same scorer, for the same moment, and never ended; or a new
    one.

    Args:
        as_of: the moment; None for now.
        everything: score leads without news too. As of a given moment, all leads are.
    """
    everything = everything or as_of is not None
    run = session.scalars(_unfinished(scorer, as_of, everything, now)).first()
    if run is None:
        look_at_all(session, now)
        run = ScoringRun(
            as_of=as_of or now,
            scorecard_id=scorecard_id(scorer),
            everything=everything,
            started_at=now,
        )
        session.add(run)
        session.flush()
        _partition(session, run, settings.score_batch)
    left = select(ScoringPartition.number).where(
        ScoringPartition.run_id == run.id, ScoringPartition.leads.is_(None)
    )
    numbers = session.scalars(left.order_by(ScoringPartition.number))
    return Run(run.id, run.as_of, everything, tuple(numbers))


def score_partition(
    session: Session,
    scorer: "Scorer",
    run: Run,
    number: int,
    settings: Settings,
    shadow: "Scorer | None" = None,
) -> Scored | None:
    """Score the partition of this number; None where that is done, or somebody else is at it."""
    partition = session.scalars(
        select(ScoringPartition)
        .where(
            ScoringPartition.run_id == run.run_id,
            ScoringPartition.number == number,
            ScoringPartition.leads.is_(None),
        )
        .with_for_update(skip_locked=True)
    ).first()
    if partition is None:
        return None
    after, to = partition.after_id, partition.to_id
    moments = leads_between(run.as_of, after, to).where(_due(run, scorer, settings))
    scored = score_leads(session, scorer, moments, run.as_of, settings, shadow)
    clear_changed_between(session, after, to, run.as_of - STILL_ENDING)
    partition.leads = scored.leads
    if scored.leads:
        _audit(session, run, scorer, partition)
    return scored


def _audit(session: Session, run: Run, scorer: "Scorer", partition: ScoringPartition) -> None:
    """One entry for the partition; each of its scores is in the history of scores."""
    detail = {
        "leads": partition.leads,
        "after": partition.after_id,
        "to": partition.to_id,
        "model_version": scorer.version,
        "as_of": run.as_of.isoformat(),
    }
    audit.record(session, "score_leads", "leads.scored", f"{run.run_id}/{partition.number}", detail)


def end_run(session: Session, run: Run, now: datetime) -> int:
    """Mark a run whose partitions are all done as ended; how many leads it scored in all."""
    session.execute(
        update(ScoringRun)
        .where(
            ScoringRun.id == run.run_id,
            ~select(ScoringPartition)
            .where(ScoringPartition.run_id == run.run_id, ScoringPartition.leads.is_(None))
            .exists(),
        )
        .values(ended_at=now)
    )
    total = select(func.sum(ScoringPartition.leads)).where(ScoringPartition.run_id == run.run_id)
    return int(session.scalar(total) or 0)


def _unfinished(
    scorer: "Scorer", as_of: datetime | None, everything: bool, now: datetime
) -> Select[tuple[ScoringRun]]:
    same_moment = (
        ScoringRun.started_at > now - RESUMED_WITHIN if as_of is None else ScoringRun.as_of == as_of
    )
    return (
        select(ScoringRun)
        .where(
            ScoringRun.ended_at.is_(None),
            ScoringRun.scorecard_id == scorecard_id(scorer),
            ScoringRun.everything == everything,
            same_moment,
        )
        .order_by(ScoringRun.started_at.desc())
        .limit(1)
    )


def _partition(session: Session, run: ScoringRun, size: int) -> None:
    """Cut the ids that there are into partitions of ``size`` leads; the last one is open."""
    numbered = select(Lead.id, func.row_number().over(order_by=Lead.id).label("place")).subquery()
    ends = session.scalars(
        select(numbered.c.id).where(numbered.c.place % size == 0).order_by(numbered.c.id)
    ).all()
    for number, (after, to) in enumerate(zip(["", *ends], [*ends, None], strict=True)):
        session.add(ScoringPartition(run_id=run.id, number=number, after_id=after, to_id=to))
    session.flush()


def _due(run: Run, scorer: "Scorer", settings: Settings) -> ColumnElement[bool]:
    """Which leads of a partition are scored: none that has a score as of this very moment, or that
    another stands for; without
    ``everything`` only those with news, another scorer's score, an old score or none."""
    mine = LeadScore.lead_id == leads.c.id
    done = select(LeadScore.lead_id).where(mine, LeadScore.as_of == run.as_of).exists()
    left = and_(~done, leads.c.merged_into.is_(None))
    if run.everything:
        return left
    fresh = and_(
        mine,
        LeadScore.is_current,
        LeadScore.scorecard_id == scorecard_id(scorer),
        LeadScore.as_of > run.as_of - timedelta(hours=settings.rescore_hours),
    )
    news = select(ChangedLead.lead_id).where(ChangedLead.lead_id == leads.c.id).exists()
    return left & or_(news, ~select(LeadScore.lead_id).where(fresh).exists())
