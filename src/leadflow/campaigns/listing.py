"""Enrolments as people and programs look at them, a page at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import Enrolment
from leadflow.paging.keyset import Key, Page, Wanted, read_page


@dataclass(frozen=True)
class ShownEnrolment:
    """A lead in a campaign: where it stands, or how it ended."""

    enrollment_id: str
    campaign_id: str
    version: int
    lead_id: str
    key: str
    enrolled_by: str
    began_at: datetime
    step: str | None
    due_at: datetime | None
    ended_at: datetime | None
    ended_as: str | None


def enrolments_of_lead(session: Session, lead_id: str, wanted: Wanted) -> Page[ShownEnrolment]:
    """What a lead is and was in, the newest first."""
    these = select(Enrolment).where(Enrolment.lead_id == lead_id)
    return _page(session, these, ("enrolments of", lead_id), wanted)


def enrolments_in(session: Session, campaign: str, wanted: Wanted) -> Page[ShownEnrolment]:
    """Who is and was in a campaign, the newest first."""
    these = select(Enrolment).where(Enrolment.campaign == campaign)
    return _page(session, these, ("enrolments in", campaign), wanted)


def _page(
    session: Session, these: Select[tuple[Enrolment]], of: tuple[str, str], wanted: Wanted
) -> Page[ShownEnrolment]:
    found = read_page(session, these, (Key(Enrolment.id, descending=True),), of, wanted)
    known = programs(session, {(row.campaign, row.version) for row in found.items})

    def shown(row: Enrolment) -> ShownEnrolment:
        nodes = known[row.campaign, row.version].nodes
        return ShownEnrolment(
            row.id,
            row.campaign,
            row.version,
            row.lead_id,
            row.key,
            row.enrolled_by,
            row.began_at,
            nodes[row.node].name if row.ended_at is None else None,
            row.due_at if row.ended_at is None else None,
            row.ended_at,
            row.ended_as,
        )

    return found.of(shown)
