"""Messages of which nobody knows whether they arrived are asked for again, where that is safe.

A channel that honours keys sends the mail of a key once: asked again for the very same mail, it
says what it said first, or sends it now. That holds for as long as it remembers the key, so only
for so long; after that, and where a channel knows no keys, it is left to people.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.dispatch.claiming import LEASE, NOTHING, Claimed, hold, release_broken
from leadflow.campaigns.dispatch.ends import note_asked
from leadflow.campaigns.dispatch.handing import hand_all_over
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.outgoing import MailChannel
from leadflow.consent.may_send import STRICT, Policy
from leadflow.database.engine import unit_of_work
from leadflow.settings import Settings

AT_A_TIME = 100


@dataclass
class Reconciled:
    """How many messages were asked for again, what became of how many, and how many more are left
    to people from now on."""

    asked: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    left: int = 0

    def __add__(self, other: "Reconciled") -> "Reconciled":
        ends = self.ends + other.ends
        return Reconciled(self.asked + other.asked, ends, self.left + other.left)


def reconciling_is_due(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether ``reconcile_messages`` has anything to do."""
    ask = exists().where(CampaignMessage.ask_at <= now)
    broken = exists().where(
        CampaignMessage.status == "claimed", CampaignMessage.claimed_until < now
    )
    return settings.sending != "off" and bool(session.scalar(select(or_(ask, broken))))


def reconcile_some(
    engine: Engine, settings: Settings, channel: MailChannel, now: datetime, most: int = AT_A_TIME
) -> Reconciled:
    """Ask the channel again for messages that are uncertain, at most so many: within the life of
    their key, where the lead may still be written to, for the very same mail.

    Args:
        now: the moment (aware) that counts.
    """
    done = Reconciled()
    with unit_of_work(engine) as session:
        turn = circuits.turn(session, channel.name, now, most)
        release_broken(session, now)
        done.left = leave_to_people(session, channel, now)
        policy = Policy.of(settings.marketing_without_consent)
        # Whether an open channel is back is seen by a message of which nothing is uncertain.
        free = turn.most and not turn.trial
        claimed = claim_uncertain(session, channel, now, most, policy) if free else NOTHING
    if not claimed.ids:
        return done
    done.asked = len(claimed.ids)
    handed = hand_all_over(engine, settings, channel, claimed, now, only_the_same=True)
    with unit_of_work(engine) as session:
        circuits.note(session, channel.name, list(handed.results.values()), now, tried=False)
        done.ends += note_asked(session, claimed, {**handed.unwritten, **handed.results}, now)
    return done


def claim_uncertain(
    session: Session,
    channel: MailChannel,
    now: datetime,
    most: int,
    policy: Policy = STRICT,
) -> Claimed:
    """Claim uncertain messages that may be asked for again, at most so many."""
    these = select(CampaignMessage.id).where(
        CampaignMessage.status == "uncertain",
        CampaignMessage.ask_at <= now,
        CampaignMessage.channel == channel.name,
    )
    return hold(session, these.order_by(CampaignMessage.ask_at).limit(most), now, policy)


def leave_to_people(session: Session, channel: MailChannel, now: datetime) -> int:
    """Ask no more for messages whose key may be forgotten before the answer, or that were handed to
    another channel than this one; how many."""
    over = CampaignMessage.channel.is_distinct_from(channel.name)
    if channel.resend_within is not None:
        # A claim is sent within its lease.
        over = or_(over, CampaignMessage.handed_at <= now + LEASE - channel.resend_within)
    these = and_(CampaignMessage.status == "uncertain", CampaignMessage.ask_at.is_not(None), over)
    left = update(CampaignMessage).where(these).values(ask_at=None)
    return len(session.execute(left.returning(CampaignMessage.id)).all())


def uncertain(session: Session) -> tuple[int, datetime | None]:
    """How many messages are left to people, and since when the oldest may have arrived."""
    asked = select(func.count(), func.min(CampaignMessage.handed_at)).where(
        CampaignMessage.status == "uncertain", CampaignMessage.ask_at.is_(None)
    )
    found = session.execute(asked).one()
    return found[0], found[1]
