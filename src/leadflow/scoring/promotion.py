"""Changing what serves: promotion after an approval, and going back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit
from leadflow.scoring import serving_record as record
from leadflow.scoring.champion import RUBRIC, registry
from leadflow.scoring.tables_of_serving import ServingModel
from leadflow.settings import Settings
from models.refused import ModelAltered

PROMOTE = "promote_model"


class ChallengerChanged(RuntimeError):
    """The registered model is not the one that was approved, so it is not promoted."""


class CannotRollBack(RuntimeError):
    """There is no approved version to go back to."""


@dataclass(frozen=True)
class RolledBack:
    """What served before, and what serves now: versions, or ``rubric``."""

    before: str
    now: str


def promote(
    session: Session, settings: Settings, payload: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Make the approved version the champion: the outbox act ``promote_model``. Safe to repeat.

    Raises:
        ChallengerChanged: the files are not those that were approved, or nothing was approved.
    """
    approval = _approval(session, payload)
    models = registry(settings)
    version = replace(models.version(payload["version"]), sha256=payload["sha256"])
    try:
        regime = models.load(version).regime
    except ModelAltered as error:
        raise ChallengerChanged(
            f"Version {version.version} is not what was approved; train and propose it again."
        ) from error
    record.take_turns(session)
    done = record.carried_out(session, approval.id)
    if done is not None:
        # Carried out before: the alias follows only if nothing has taken its place since.
        if done.until is None:
            models.promote(version)
        return {"champion": version.version}
    row = ServingModel(
        model_name=models.name,
        version=version.version,
        sha256=version.sha256,
        regime=regime,
        approval_id=approval.id,
        since=now,
        how="approved",
    )
    record.begin(session, row)
    models.promote(version)
    audit.record(
        session,
        approval.decided_by or PROMOTE,
        "model.promoted",
        f"{models.name}/{version.version}",
        {"sha256": version.sha256, "approval": approval.id},
    )
    return {"champion": version.version}


def roll_back(
    session: Session,
    settings: Settings,
    version: str | None,
    actor: str,
    reason: str,
    now: datetime,
) -> RolledBack:
    """Let an earlier approved version serve again: the one given, else the one approved before
    what serves now; ``rubric`` leaves no champion. The alias is set in any case, so this also
    sets right one that was moved by hand.

    Raises:
        CannotRollBack: no reason given, the version was never approved, or none came before.
        ModelAltered: its files are not those that were approved.
    """
    if not reason.strip() or not actor.strip():
        raise CannotRollBack("Say who rolls back and why; it is kept in the audit log.")
    models = registry(settings)
    record.take_turns(session)
    current = record.serving_now(session, models.name)
    before = RUBRIC if current is None else current.version
    if version == RUBRIC:
        record.end(session, models.name, now)
        if models.champion() is not None:
            models.retire()
    else:
        target = _target(session, models.name, version, current)
        found = replace(models.version(target.version), sha256=target.sha256)
        models.load(found)
        if current is None or current.version != target.version:
            record.begin(session, _again(target, now))
        models.promote(found)
        version = target.version
    audit.record(
        session,
        actor.strip(),
        "model.rolled_back",
        f"{models.name}/{version}",
        {"from": before, "reason": reason.strip()},
    )
    return RolledBack(before, version)


def _approval(session: Session, payload: dict[str, Any]) -> Approval:
    """The approval that the act names, once it is found to say what the act says."""
    approval = approvals.get(session, str(payload.get("approval_id")))
    same = all(approval.payload.get(key) == payload.get(key) for key in ("version", "sha256"))
    if approval.status != "approved" or not same:
        raise ChallengerChanged(f"{approval.id} approves no such version; propose it again.")
    return approval


def _target(
    session: Session, name: str, version: str | None, current: ServingModel | None
) -> ServingModel:
    if version is None:
        row = record.approved_before(session, name, current)
        what = "No earlier version was approved."
    else:
        row = record.approved(session, name, version)
        what = f"Version {version} was never approved; propose it: leadflow models promote VERSION."
    if row is None:
        raise CannotRollBack(
            f"{what} To score with the expert rubric instead: leadflow models rollback {RUBRIC}"
        )
    return row


def _again(row: ServingModel, now: datetime) -> ServingModel:
    """An approved version that serves once more."""
    return ServingModel(
        model_name=row.model_name,
        version=row.version,
        sha256=row.sha256,
        regime=row.regime,
        approval_id=row.approval_id,
        since=now,
        how="rolled_back",
    )
