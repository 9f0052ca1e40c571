"""The record of what served when, kept beside the alias that says what should."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from leadflow.scoring.serving.tables import RubricUsed, ServingModel
from leadflow.settings import get_settings

# Held while alias and record change together, and shared while both are read.
SERVING_LOCK = 7_240_006


def served_at(
    session: Session, moment: datetime, model_name: str | None = None
) -> tuple[str, str] | None:
    """(version, SHA-256 as approved) of the model that served at a moment; None for the rubric."""
    row = session.execute(
        select(ServingModel.version, ServingModel.sha256).where(
            ServingModel.model_name == (model_name or get_settings().model_name),
            ServingModel.since <= moment,
            or_(ServingModel.until.is_(None), ServingModel.until > moment),
        )
    ).first()
    return None if row is None else (row.version, row.sha256)


def remember_rubric(session: Session, version: str, content: str, now: datetime) -> None:
    """This rubric is in use from now on; nothing where it was already."""
    newest = select(RubricUsed.version).order_by(RubricUsed.number.desc()).limit(1)
    if session.scalar(newest) != version:
        session.add(RubricUsed(version=version, content=content, since=now))
        session.flush()


def rubric_at(session: Session, moment: datetime) -> str | None:
    """The rubric file that was in use at a moment, or the first one where the moment lies before
    it; None where none has ever been."""
    known = select(RubricUsed.content)
    then = known.where(RubricUsed.since <= moment).order_by(RubricUsed.number.desc())
    content = session.scalar(then.limit(1))
    return content or session.scalar(known.order_by(RubricUsed.number).limit(1))


def serving_now(session: Session, model_name: str) -> ServingModel | None:
    """The row of what serves now; None for the rubric."""
    return session.scalars(
        select(ServingModel).where(
            ServingModel.model_name == model_name, ServingModel.until.is_(None)
        )
    ).first()


def begin(session: Session, row: ServingModel) -> None:
    """This row serves from its ``since`` on, in place of what did."""
    end(session, row.model_name, row.since)
    session.add(row)
    session.flush()


def end(session: Session, model_name: str, now: datetime) -> None:
    """What serves now ends, so that the rubric does."""
    current = serving_now(session, model_name)
    if current is not None:
        current.until = max(now, current.since)
        session.flush()


def carried_out(session: Session, approval_id: str) -> ServingModel | None:
    """The row that this approval led to, or None."""
    return session.scalars(
        select(ServingModel).where(
            ServingModel.approval_id == approval_id, ServingModel.how == "approved"
        )
    ).first()


def approved(session: Session, model_name: str, version: str) -> ServingModel | None:
    """The newest approval of a version, or None."""
    return session.scalars(
        _approvals(model_name).where(ServingModel.version == version).limit(1)
    ).first()


def approvals_of(session: Session, model_name: str) -> Sequence[ServingModel]:
    """Every approval, the newest first."""
    return session.scalars(_approvals(model_name)).all()


def approved_before(
    session: Session, model_name: str, current: ServingModel | None
) -> Sequence[ServingModel]:
    """The approvals from before the version of ``current`` first served, the newest first; all
    where the rubric serves."""
    wanted = _approvals(model_name)
    if current is not None:
        first = select(func.min(ServingModel.since)).where(
            ServingModel.model_name == model_name, ServingModel.version == current.version
        )
        wanted = wanted.where(ServingModel.since < first.scalar_subquery())
    return session.scalars(wanted).all()


def approved_versions(session: Session, model_name: str) -> set[str]:
    """Every version that was ever approved."""
    return set(session.scalars(_approvals(model_name).with_only_columns(ServingModel.version)))


def take_turns(session: Session, *, reading: bool = False) -> None:
    """Wait until nobody changes alias and record; until the end of the transaction nobody does."""
    lock = func.pg_advisory_xact_lock_shared if reading else func.pg_advisory_xact_lock
    session.execute(select(lock(SERVING_LOCK)))


def _approvals(model_name: str) -> Select[tuple[ServingModel]]:
    return (
        select(ServingModel)
        .where(ServingModel.model_name == model_name, ServingModel.how == "approved")
        .order_by(ServingModel.since.desc())
    )
