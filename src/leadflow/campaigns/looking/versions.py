"""The versions of a campaign: who wrote each when, and what it changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.campaigns.looking.changes import changes
from leadflow.campaigns.store.programs import program_of
from leadflow.campaigns.tables import CampaignVersion

NEWEST = 20


@dataclass(frozen=True)
class ShownVersion:
    """A version; ``changed``: what it says otherwise than the one before, empty of the first."""

    version: int
    created_at: datetime
    created_by: str
    changed: tuple[str, ...]


def versions_of(session: Session, name: str) -> list[ShownVersion]:
    """The newest versions of a campaign, the newest first."""
    asked = (
        select(CampaignVersion)
        .where(CampaignVersion.campaign == name)
        .order_by(CampaignVersion.version.desc())
        .limit(NEWEST + 1)
    )
    rows = session.scalars(asked).all()
    written = [program_of(name, row.content).campaign for row in rows]
    return [
        ShownVersion(
            row.version,
            row.created_at,
            row.created_by,
            tuple(changes(written[at + 1], written[at])) if at + 1 < len(rows) else (),
        )
        for at, row in enumerate(rows[:NEWEST])
    ]
