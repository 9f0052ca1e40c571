"""Changing what serves: promotion after an approval, and going back."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from leadflow.approvals import service as approvals
from leadflow.approvals.decision_kinds import SubjectChanged
from leadflow.approvals.tables import Approval
from leadflow.audit import service as audit
from leadflow.checks.service import refuse_where_data_fail
from leadflow.scoring.serving import serving_record
from leadflow.scoring.serving.champion import RUBRIC, registry
from leadflow.scoring.serving.tables import ServingModel
from leadflow.settings import Settings
from models.refused import ModelAltered, NoSuchVersion

if TYPE_CHECKING:
    from models.registry import Registry

PROMOTE = "promote_model"


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
    """Make the approved version the champion: what the act ``promote_model`` does. Safe to repeat;
    the approval is void where the files are not those that were approved.

    Raises:
        DataDoNotHold: the last check of some data stops it; tried again, it goes on once they hold.
    """
    return approvals.carry_out(
        session,
        str(payload.get("approval_id")),
        now,
        lambda approval: _promote(session, settings, approval, now),
    )


def content(session: Session, subject_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """What a promotion is decided about: this version by the hash of its files, which is held
    against the files themselves as it is carried out."""
    return {"version": payload["version"], "sha256": payload["sha256"]}


def _promote(
    session: Session, settings: Settings, approval: Approval, now: datetime
) -> dict[str, Any]:
    refuse_where_data_fail(session)
    said, models = approval.payload, registry(settings)
    try:
        version = replace(models.version(said["version"]), sha256=said["sha256"])
        regime = models.load(version).regime
    except (ModelAltered, NoSuchVersion) as error:
        raise SubjectChanged(
            f"Version {said['version']} is gone or not what was approved; train and propose again."
        ) from error
    serving_record.take_turns(session)
    served = serving_record.serving_now(session, models.name)
    row = ServingModel(
        model_name=models.name,
        version=version.version,
        sha256=version.sha256,
        regime=regime,
        approval_id=approval.id,
        since=now,
        how="approved",
    )
    serving_record.begin(session, row)
    models.promote(version)
    audit.record(
        session,
        approval.decided_by or PROMOTE,
        "model.promoted",
        f"{models.name}/{version.version}",
        {"sha256": version.sha256, "approval": approval.id},
        said=approval.reason,
        before={"champion": RUBRIC if served is None else served.version},
        after={"champion": version.version},
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
    serving_record.take_turns(session)
    current = serving_record.serving_now(session, models.name)
    before = RUBRIC if current is None else current.version
    if version == RUBRIC:
        serving_record.end(session, models.name, now)
        if models.champion() is not None:
            models.retire()
    else:
        target = _target(session, models, version, current)
        found = replace(models.version(target.version), sha256=target.sha256)
        models.load(found)
        if current is None or current.version != target.version:
            serving_record.begin(session, _again(target, now))
        models.promote(found)
        version = target.version
    audit.record(
        session,
        actor.strip(),
        "model.rolled_back",
        f"{models.name}/{version}",
        said=reason.strip(),
        before={"champion": before},
        after={"champion": version},
    )
    return RolledBack(before, version)


def _target(
    session: Session, models: "Registry", version: str | None, current: ServingModel | None
) -> ServingModel:
    row: ServingModel | None
    if version is None:
        earlier = serving_record.approved_before(session, models.name, current)
        row = next((one for one in earlier if models.holds(one.version)), None)
        what = "No earlier version was approved, or none is there any more."
    else:
        row = serving_record.approved(session, models.name, version)
        what = f"Version {version} was never approved; propose it: leadflow models promote VERSION."
    if row is None:
        raise CannotRollBack(
            f"{what} To score with the expert rubric instead: leadflow models rollback {RUBRIC} "
            '--reason "why"'
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
