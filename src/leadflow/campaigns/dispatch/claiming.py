"""Claims on messages: who may hand one over, for how long, and what becomes of a broken claim.

A claim has a token of its own. Only who has it may hand over and note an end, so that whoever comes
too late does neither. Whether the lead may be written to is part of the statement that claims: no
message is claimed after a committed opt-out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import (
    ARRAY,
    CTE,
    Select,
    Text,
    and_,
    any_,
    case,
    column,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from leadflow.campaigns.dispatch.room import NO_CAPS, Caps, with_room
from leadflow.campaigns.dispatch.story import with_this
from leadflow.campaigns.tables import CampaignMessage, CampaignState, EnrolmentSignal
from leadflow.consent.may_send import STRICT, Policy, permitted, refusal
from leadflow.leads.tables import Lead

# Longer than a batch takes with a mail server that answers at the last moment.
LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 5
BROKEN = "Whoever sent it did not come to its end: it may have arrived."
NEVER_HANDED_OVER = f"It was claimed {MOST_ATTEMPTS} times, and never came to be handed over."


@dataclass(frozen=True)
class Claimed:
    """Messages that are held under a token until a moment."""

    token: str
    ids: tuple[str, ...]


NOTHING = Claimed("", ())


def claim(
    session: Session,
    now: datetime,
    most: int,
    policy: Policy = STRICT,
    caps: Caps = NO_CAPS,
) -> Claimed:
    """Claim messages that are due, the oldest first, at most so many. Whoever may not be written to
    by now is left out, and whoever has a signal that nobody has looked at yet; what is beyond a
    bound is put off (``room``)."""
    live = CampaignState.state == "live"
    due = (
        select(CampaignMessage.id)
        .where(CampaignMessage.campaign.in_(select(CampaignState.name).where(live)))
        .where(CampaignMessage.status == "planned", CampaignMessage.due_at <= now)
        .order_by(CampaignMessage.due_at)
        .limit(most)
    )
    going = with_room(session, due, caps, now)
    if going is not None:
        due = select(CampaignMessage.id).where(
            CampaignMessage.id == any_(literal(going, ARRAY(Text)))
        )
    return hold(session, due, now, policy)


def hold(session: Session, these: Select[tuple[str]], now: datetime, policy: Policy) -> Claimed:
    """Claim those of these messages that may be sent: their campaign is live, their lead may be
    written to, and nothing has happened to it that nobody has looked at."""
    signalled = exists().where(EnrolmentSignal.enrolment_id == CampaignMessage.enrolment_id)
    earlier = aliased(CampaignMessage)
    waits_for_one_before = exists().where(
        earlier.enrolment_id == CampaignMessage.enrolment_id,
        earlier.status.in_(("planned", "claimed")),
        earlier.id < CampaignMessage.id,
    )
    free = (
        these.join(CampaignState, CampaignState.name == CampaignMessage.campaign)
        .where(CampaignState.state == "live", ~signalled, ~waits_for_one_before)
        .where(permitted(CampaignMessage.lead_id, CampaignMessage.purpose, "email", now, policy))
        .with_for_update(skip_locked=True, of=CampaignMessage)
        # As a table of its own it is worked out once, and no more than so many are locked.
        .cte("free")
    )
    token = token_hex(8)
    values = {
        "status": "claimed",
        "why": None,
        "ask_at": None,
        "claim": token,
        "claimed_until": now + LEASE,
        "attempts": CampaignMessage.attempts + 1,
    }
    held = update(CampaignMessage).where(CampaignMessage.id == free.c.id).values(**values)
    return Claimed(token, tuple(session.scalars(held.returning(CampaignMessage.id))))


def withhold(session: Session, now: datetime, most: int, policy: Policy = STRICT) -> Counter[str]:
    """Note of messages that are due why their leads may not be written to any more; how many, by
    campaign."""
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
    noted = these.values(status="withheld", why=refused.c.why)
    return Counter(session.scalars(noted.returning(CampaignMessage.campaign)))


def campaigns_of(session: Session, claimed: Claimed) -> Counter[str]:
    """How many of claimed messages are of which campaign."""
    these = select(CampaignMessage.campaign).where(CampaignMessage.id.in_(claimed.ids))
    return Counter(session.scalars(these))


def hand_over(
    session: Session,
    claimed: Claimed,
    hashes: Mapping[str, str | None],
    addresses: Mapping[str, str | None],
    channel: str,
    now: datetime,
) -> set[str]:
    """Note of claimed messages that they go to this channel now; the ids of those that are still
    held, and no others may be sent. It is committed before: a claim that breaks off earlier was
    surely not sent, and one that breaks off later perhaps.

    Args:
        hashes: the hash of each mail by the message's id; None where the channel knows no keys.
        addresses: the keyed hash of where each mail goes, in the same way.
    """
    said = list(hashes), list(hashes.values()), [addresses.get(own) for own in hashes]
    rows = func.unnest(*(literal(one, ARRAY(Text)) for one in said))
    columns = column("id", Text), column("mail_hash", Text), column("address_index", Text)
    these = rows.table_valued(*columns).render_derived()
    values = {
        "channel": channel,
        "handed_at": func.coalesce(CampaignMessage.handed_at, now),
        "mail_hash": these.c.mail_hash,
        "address_index": these.c.address_index,
    }
    held = tries_of_held(session, claimed, list(hashes))
    handed = update(CampaignMessage).where(
        CampaignMessage.id == these.c.id, CampaignMessage.id.in_(list(held))
    )
    return set(session.scalars(handed.values(**values).returning(CampaignMessage.id)))


def tries_of_held(session: Session, claimed: Claimed, ids: Sequence[str]) -> dict[str, int]:
    """Of these messages those that are still held, locked until this transaction ends, with how
    often each was tried. They are locked in the order of their ids: whoever waits for one here
    holds none that another waits for."""
    asked = (
        select(CampaignMessage.id, CampaignMessage.attempts)
        .where(CampaignMessage.id == any_(literal(list(ids), ARRAY(Text))))
        .where(CampaignMessage.claim == claimed.token, CampaignMessage.status == "claimed")
        .order_by(CampaignMessage.id)
        .with_for_update()
    )
    return dict(session.execute(asked).tuples().all())


def release_broken(session: Session, now: datetime) -> Counter[str]:
    """Messages whose claim has ended without an end, by what becomes of them. Those that were not
    handed over yet are planned again, though not for ever; of the others nobody knows whether they
    arrived."""
    broken = _broken(now)
    handed = CampaignMessage.handed_at.is_not(None)
    given_up = CampaignMessage.attempts >= MOST_ATTEMPTS
    status = case((handed, "uncertain"), (given_up, "failed"), else_="planned")
    values = {
        "status": status,
        "why": case((handed, BROKEN), (given_up, NEVER_HANDED_OVER)),
        # It has a hash where it was handed to a channel that can be asked for it again.
        "ask_at": case((and_(handed, CampaignMessage.mail_hash.is_not(None)), now)),
        "claim": None,
        "claimed_until": None,
        "story": with_this(now, status, "The process ended."),
    }
    these = update(CampaignMessage).where(CampaignMessage.id == broken.c.id)
    return Counter(session.scalars(these.values(**values).returning(CampaignMessage.status)))


def end(
    session: Session,
    claimed: Claimed,
    ids: Sequence[str],
    status: str,
    now: datetime,
    why: str | None = None,
    values: Mapping[str, object] | None = None,
) -> list[str]:
    """Note what became of claimed messages; the ids of those that were still held. ``why`` goes
    into their story where they were not accepted, and stays with those that are over."""
    said: dict[str, object] = {
        "status": status,
        "claim": None,
        "claimed_until": None,
        **(values or {}),
    }
    if status != "accepted":
        said["story"] = with_this(now, status, why)
    if status in ("failed", "uncertain"):
        said["why"] = why
    held = list(tries_of_held(session, claimed, ids))
    ended = update(CampaignMessage).where(CampaignMessage.id.in_(held)).values(**said)
    return list(session.scalars(ended.returning(CampaignMessage.id)))


def give_back(session: Session, claimed: Claimed) -> int:
    """Let messages wait that were claimed and not handed over; it counts as no attempt. How many
    were still held."""
    values = {
        "status": "planned",
        "claim": None,
        "claimed_until": None,
        "attempts": CampaignMessage.attempts - 1,
    }
    back = (
        update(CampaignMessage)
        .where(CampaignMessage.id == any_(literal(list(claimed.ids), ARRAY(Text))))
        .where(CampaignMessage.claim == claimed.token, CampaignMessage.status == "claimed")
        .values(**values)
    )
    return len(session.execute(back.returning(CampaignMessage.id)).all())


def messages_are_waiting(session: Session, now: datetime) -> bool:
    """Whether any message is due, or a claim has ended without an end."""
    due = select(func.count()).select_from(
        select(CampaignMessage.id)
        .join(CampaignState, CampaignState.name == CampaignMessage.campaign)
        .where(CampaignState.state == "live")
        .where(CampaignMessage.status == "planned", CampaignMessage.due_at <= now)
        .limit(1)
        .subquery()
    )
    broken = exists().where(
        CampaignMessage.status == "claimed", CampaignMessage.claimed_until < now
    )
    return bool(session.scalar(due)) or bool(session.scalar(select(broken)))


def _broken(now: datetime) -> CTE:
    """Whoever looks at the same moment leaves them to this one."""
    return (
        select(CampaignMessage.id)
        .where(CampaignMessage.status == "claimed", CampaignMessage.claimed_until < now)
        .with_for_update(skip_locked=True)
        .cte("broken")
    )
