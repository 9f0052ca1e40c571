"""Scores set by people: made, agreed to, taken back, ended. The model's scores stay as they are,
and no training reads these."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, select, update
from sqlalchemy.orm import Session

from features.how_many import of_number
from leadflow.accounts.delegation import Requester
from leadflow.approvals import service as approvals
from leadflow.approvals.decision_kinds import SubjectChanged
from leadflow.approvals.evidence import Evidence, Fact
from leadflow.approvals.policy_inputs import facts_of
from leadflow.approvals.policy_store import requirement
from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit
from leadflow.database.ids import new_id
from leadflow.leads.service import lock_lead
from leadflow.scoring.levels import level
from leadflow.scoring.overrides.effective import expiry
from leadflow.scoring.overrides.schemas import OverrideIn
from leadflow.scoring.serving.score import current_score
from leadflow.scoring.tables import LeadScore, ScoreOverride
from leadflow.settings import Settings

KIND = "score_override"
APPLY_OVERRIDE = "apply_override"
STANDING = ("active", "waiting")


class NoOverride(RuntimeError):
    """The lead's score is not overridden, and no override of it waits for a manager."""

    def __init__(self, lead_id: str) -> None:
        super().__init__(f"Nobody has overridden the score of {lead_id}; the model's counts.")


def override(
    session: Session,
    lead_id: str,
    said: OverrideIn,
    by: Requester,
    now: datetime,
    settings: Settings,
) -> ScoreOverride:
    """Set a person's score beside the model's: ``active`` at once, or ``waiting`` where the
    policies ask somebody about a change of this size.

    It takes the place of one that waits; once in force, also of the one that was.

    Raises:
        LeadNotFound: there is no such lead.
        LeadNotScored: the model has not scored it yet.
        ExpiryInvalid: it would expire in the past, or in more than a year.
    """
    lead = lock_lead(session, lead_id)
    score = current_score(session, lead_id)
    made = _row(lead_id, said, by.id, score, now, settings)
    change = abs(said.new_score - score.total_score)
    facts = facts_of(lead, by, said.priority) | {"change": change}
    waits = bool(requirement(session, KIND, facts, now).levels)
    _end(session, lead_id, ("waiting",) if waits else STANDING, "replaced", now)
    approvals.void(session, KIND, "Replaced by a newer override.", now, [lead_id])
    made.status = "waiting" if waits else "active"
    made.in_force_from = None if waits else now
    session.add(made)
    session.flush()
    if waits:
        question = _question(made, score, facts, by)
        made.approval_id = approvals.propose(session, question, now).id
        session.flush()
    _audit(session, made.override_by, "asked" if waits else "made", made)
    return made


def content(session: Session, lead_id: str, payload: dict[str, Any]) -> dict[str, Any] | None:
    """What is decided about an override, as it is now; None where it no longer waits."""
    made = session.get(ScoreOverride, payload["override_id"], populate_existing=True)
    if made is None or made.status != "waiting" or made.lead_id != lead_id:
        return None
    names = ("new_score", "level", "model_score", "reason", "override_by", "expires_at")
    return {name: str(getattr(made, name)) for name in names}


def apply_override(session: Session, payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Put an override in force that was approved: what the act ``apply_override`` does. The
    approval is void where the override was replaced, withdrawn or has expired meanwhile."""

    def apply(approval: Approval) -> dict[str, Any]:
        made = session.get_one(ScoreOverride, approval.payload["override_id"], with_for_update=True)
        if made.expires_at <= now:
            raise SubjectChanged("The override has expired before it was approved.")
        _end(session, made.lead_id, ("active",), "replaced", now)
        made.status, made.in_force_from = "active", now
        session.flush()
        _audit(session, str(approval.decided_by), "applied", made)
        return {"override": made.id, "status": made.status}

    lock_lead(session, payload["lead_id"])
    return approvals.carry_out(session, payload["approval_id"], now, apply)


def withdraw(session: Session, lead_id: str, by: str, now: datetime) -> list[ScoreOverride]:
    """Take back the override that counts and the one that waits; the model's score counts again.

    Raises:
        LeadNotFound: there is no such lead.
        NoOverride: there is nothing to take back.
    """
    lock_lead(session, lead_id)
    ended = _end(session, lead_id, STANDING, "withdrawn", now)
    withdrawn = [made for made in ended if made.status == "withdrawn"]
    if not withdrawn:
        raise NoOverride(lead_id)
    approvals.void(session, KIND, "The override was withdrawn.", now, [lead_id])
    for made in withdrawn:
        _audit(session, by, "withdrawn", made)
    return withdrawn


def settle_due(session: Session, now: datetime) -> int:
    """Mark overrides that have expired, or that a manager has rejected; how many there were."""
    refused = (
        select(Approval.id)
        .where(
            Approval.id == ScoreOverride.approval_id,
            Approval.status.in_(("rejected", "expired", "void")),
        )
        .exists()
    )
    rejected = and_(ScoreOverride.status == "waiting", refused)
    expired = and_(ScoreOverride.status.in_(STANDING), ScoreOverride.expires_at <= now)
    due = select(ScoreOverride.id).where(rejected | expired).with_for_update(skip_locked=True)
    settled = session.scalars(
        update(ScoreOverride)
        .where(ScoreOverride.id.in_(due))
        .values(
            status=case((rejected, "rejected"), else_="expired"),
            ended_at=case((rejected, now), else_=ScoreOverride.expires_at),
        )
        .returning(ScoreOverride)
    ).all()
    if settled:
        never_in_force = [made.lead_id for made in settled if made.in_force_from is None]
        approvals.void(session, KIND, "The override has expired.", now, never_in_force)
        ids = {made.id: made.status for made in settled}
        audit.record(
            session,
            "leadflow",
            "overrides.settled",
            "score_overrides",
            after=ids,
            why="not approved, or past their end",
        )
    return len(settled)


def _row(
    lead_id: str, said: OverrideIn, by: str, score: LeadScore, now: datetime, settings: Settings
) -> ScoreOverride:
    return ScoreOverride(
        id=new_id("override"),
        lead_id=lead_id,
        new_score=said.new_score,
        level=level(said.new_score, settings),
        model_score=score.total_score,
        model_points=score.points,
        model_probability=score.probability,
        model_version=score.model_version,
        reason=said.reason,
        override_by=by,
        created_at=now,
        expires_at=expiry(now, said.expires_at, settings.override_days),
    )


def _end(
    session: Session, lead_id: str, statuses: Sequence[str], ended_as: str, now: datetime
) -> list[ScoreOverride]:
    """End a lead's standing overrides; one that has expired unmarked ends as that."""
    expired = ScoreOverride.expires_at <= now
    return list(
        session.scalars(
            update(ScoreOverride)
            .where(ScoreOverride.lead_id == lead_id, ScoreOverride.status.in_(statuses))
            .values(
                status=case((expired, "expired"), else_=ended_as),
                ended_at=case((expired, ScoreOverride.expires_at), else_=now),
            )
            .returning(ScoreOverride)
            .execution_options(populate_existing=True)
        )
    )


def _question(
    made: ScoreOverride, score: LeadScore, facts: dict[str, Any], by: Requester
) -> approvals.Proposal:
    """What a manager is asked: the change, and the reason as it was given."""
    change = made.new_score - made.model_score
    points = of_number(abs(round(change)), "point")
    return approvals.Proposal(
        kind=KIND,
        subject_id=made.lead_id,
        act=APPLY_OVERRIDE,
        payload={
            "override_id": made.id,
            "lead_id": made.lead_id,
            "new_score": made.new_score,
            "expires_at": made.expires_at.isoformat(),
        },
        description=(
            f"# Set the score of {made.lead_id} to {made.new_score:.0f}?\n\n"
            f"Asked for is **{made.new_score:.0f}** ({made.level}); the model says "
            f"**{made.model_score:.0f}** ({score.level}, a chance of {score.probability:.0%}): "
            f"{change:+.0f} {points}.\n\n"
            f"It would count until {made.expires_at:%Y-%m-%d %H:%M} UTC. The model's score stays "
            "beside it."
        ),
        requested_by=by.id,
        evidence=Evidence(
            facts=(
                Fact("Asked for", f"{made.new_score:.0f}", f"{made.level}, {change:+.0f} {points}"),
                Fact("The model says", f"{made.model_score:.0f}", score.level),
                Fact("Chance of converting", f"{score.probability:.0%}", "by the model"),
            )
        ),
        asked_why=made.reason,
        facts=facts,
        asked_by=by.asked_by,
        replaces="subject",
    )


def _audit(session: Session, actor: str, done: str, made: ScoreOverride) -> None:
    counts = {"score": made.new_score, "until": made.expires_at.isoformat()}
    audit.record(
        session,
        actor,
        f"override.{done}",
        made.lead_id,
        {"override": made.id, "status": made.status, "model_version": made.model_version},
        said=made.reason,
        before=counts if done == "withdrawn" else {"score": made.model_score},
        after={"score": made.model_score} if done == "withdrawn" else counts,
    )
