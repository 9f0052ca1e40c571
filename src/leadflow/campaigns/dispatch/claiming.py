"""Claims on messages: who may hand one over, for how long, and what becomes of a broken claim.

A claim has a token of its own. Only who has it may note an end, so that whoever comes too late
writes nothing. Whether the lead may be written to is part of the statement that claims: no message
is claimed after a committed opt-out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import ARRAY, Text, and_, any_, exists, func, literal, select, update
from sqlalchemy.orm import Session

from leadflow.campaigns.tables import CampaignMessage, CampaignState, Enrolment, EnrolmentSignal
from leadflow.consent.may_send import STRICT, Policy, permitted, refusal
from leadflow.leads.tables import Lead

# Longer than a batch takes with a mail server that answers at the last moment.
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 5
BROKEN = "Whoever sent it did not come to its end: it may have arrived."


@dataclass(frozen=True)
class Claimed:
    """Messages that are held under a token until a moment."""

    token: str
    ids: tuple[str, ...]


def claim(session: Session, now: datetime, most: int, policy: Policy = STRICT) -> Claimed:
    """Claim messages that are due, the oldest first, at most so many. Whoever may not be written to
    by now is left out, and whoever has a signal that nobody has looked at yet."""
    signalled = exists().where(EnrolmentSignal.enrolment_id == CampaignMessage.enrolment_id)
    free = (
        select(CampaignMessage.id)
        .join(Enrolment, Enrolment.id == CampaignMessage.enrolment_id)
        .join(CampaignState, CampaignState.name == Enrolment.campaign)
        .where(CampaignMessage.status == "planned", CampaignMessage.due_at <= now)
        .where(CampaignState.state == "live", ~signalled)
        .where(permitted(CampaignMessage.lead_id, CampaignMessage.purpose, "email", now, policy))
        .order_by(CampaignMessage.due_at)
        .limit(most)
        .with_for_update(skip_locked=True, of=CampaignMessage)
        # As a table of its own it is worked out once, and no more than so many are locked.
        .cte("free")
    )
    token = token_hex(8)
    held = update(CampaignMessage).where(CampaignMessage.id == free.c.id)
    values = {
        "status": "claimed",
        "claim": token,
        "claimed_until": now + LEASE,
        "attempts": CampaignMessage.attempts + 1,
    }
    rows = session.scalars(held.values(**values).returning(CampaignMessage.id))
    return Claimed(token, tuple(rows))


def withhold(session: Session, now: datetime, most: int, policy: Policy = STRICT) -> int:
    """Note of messages that are due why their leads may not be written to any more; how many."""
    why = refusal(Lead, CampaignMessage.purpose, "email", now, policy)
    refused = (
        select(CampaignMessage.id, why.label("why"))
        .join(Lead, Lead.id == CampaignMessage.lead_id)
        .where(CampaignMessage.status == "planned", CampaignMessage.due_at <= now)
        .where(why.is_not(None))
        .limit(most)
        .with_for_update(skip_locked=True, of=CampaignMessage)
        .cte("refused")
    )
    these = update(CampaignMessage).where(CampaignMessage.id == refused.c.id)
    found = session.execute(
        these.values(status="withheld", why=refused.c.why).returning(CampaignMessage.id)
    )
    return len(found.all())


def release_broken(session: Session, now: datetime) -> int:
    """Messages whose claim has ended without an end: nobody knows whether they arrived, so none is
    sent again; how many."""
    broken = update(CampaignMessage).where(
        CampaignMessage.status == "claimed", CampaignMessage.claimed_until < now
    )
    values = {"status": "uncertain", "why": BROKEN, "claim": None, "claimed_until": None}
    return len(session.execute(broken.values(**values).returning(CampaignMessage.id)).all())


def end(
    session: Session, claimed: Claimed, ids: Sequence[str], status: str, **said: object
) -> list[str]:
    """Note what became of claimed messages; the ids of those that were still held."""
    held = and_(
        CampaignMessage.id == any_(literal(list(ids), ARRAY(Text))),
        CampaignMessage.claim == claimed.token,
        CampaignMessage.status == "claimed",
    )
    values: dict[str, object] = {"status": status, "claim": None, "claimed_until": None}
    ended = update(CampaignMessage).where(held).values(**values, **said)
    return list(session.scalars(ended.returning(CampaignMessage.id)))


def messages_are_waiting(session: Session, now: datetime) -> bool:
    """Whether any message is due, or a claim has ended without an end."""
    due = select(func.count()).select_from(
        select(CampaignMessage.id)
        .join(Enrolment, Enrolment.id == CampaignMessage.enrolment_id)
        .join(CampaignState, CampaignState.name == Enrolment.campaign)
        .where(CampaignState.state == "live")
        .where(CampaignMessage.status == "planned", CampaignMessage.due_at <= now)
        .limit(1)
        .subquery()
    )
    broken = exists().where(
        CampaignMessage.status == "claimed", CampaignMessage.claimed_until < now
    )
    return bool(session.scalar(due)) or bool(session.scalar(select(broken)))
