"""Earlier checks of the model that serves, so that a trend shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Double, Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from leadflow.scoring.monitoring.tables import ModelCheck

COUNT = 14


@dataclass(frozen=True)
class EarlierCheck:
    """One line of the trend: the feature that had moved most and its index, observed over expected
    conversions (None where there was too little to say), and how many reasons there were."""

    checked_at: datetime
    feature: str | None
    index: float | None
    ratio: float | None
    reasons: int


def moved_since(session: Session) -> datetime | None:
    """Since when, without a break, each check has found that something had moved, whichever model
    served then; None where the last one has not, or there is none. That another model serves since
    ends nothing: where it has learned of the change, its first check says so."""
    moved = func.jsonb_array_length(func.coalesce(ModelCheck.findings["moved"], cast("[]", JSONB)))
    found = select(ModelCheck.checked_at, (moved > 0).label("moved")).subquery("checked")
    steady = select(func.max(found.c.checked_at)).where(~found.c.moved).scalar_subquery()
    first: Select[tuple[datetime | None]] = select(func.min(found.c.checked_at)).where(
        found.c.moved, func.coalesce(found.c.checked_at > steady, True)
    )
    return session.scalar(first)


def earlier_checks(session: Session, serving: str) -> tuple[EarlierCheck, ...]:
    """The last checks of this model, newest first."""
    findings = ModelCheck.findings
    farthest = findings["drift"]["features"][0]
    rows = session.execute(
        select(
            ModelCheck.checked_at,
            farthest["label"].astext,
            cast(farthest["psi"].astext, Double),
            cast(findings["calibration"]["ratio"][0].astext, Double),
            func.jsonb_array_length(ModelCheck.reasons),
        )
        .where(ModelCheck.model_version == serving)
        .order_by(ModelCheck.checked_at.desc())
        .limit(COUNT)
    )
    return tuple(EarlierCheck(*row) for row in rows)
