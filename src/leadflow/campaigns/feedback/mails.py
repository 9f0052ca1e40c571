"""Mails that came back: what they say is noted, and what is not certain is kept for a person."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ARRAY, Text, any_, delete, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from leadflow.campaigns.feedback.answers import have_told
from leadflow.campaigns.feedback.noting import note
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.tables import UnreadMail
from leadflow.campaigns.feedback.told import Told
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.returned.reading import NO_OF_WHOM, read_returned
from leadflow.channels.email.returned.said import NotCertain, NothingOfOurs, Returned
from leadflow.database.ids import new_id
from leadflow.leads.service import email_index_of
from leadflow.leads.tables import Lead

GONE = "It is about a message that is not there any more."
ELSEWHERE = "It names a message of ours as of another domain than the one that sends."
ANOTHERS = "Whom it says the message was for is not its lead, by the addresses known of them."
PERHAPS_NO = (
    "It is an answer that may ask for no more mail. It is noted as an answer and nothing else."
)


@dataclass
class Mails:
    """How many mails said what that is new (``bounced``, ``complained`` …); ``unread``: kept
    because it is not certain what they say; ``known``: of both, how many had been given before;
    ``others``: no concern of ours."""

    said: Counter[str] = field(default_factory=Counter)
    known: int = 0
    unread: int = 0
    others: int = 0

    def __add__(self, other: "Mails") -> "Mails":
        return Mails(
            self.said + other.said,
            self.known + other.known,
            self.unread + other.unread,
            self.others + other.others,
        )


def note_mails(
    session: Session,
    mails: Sequence[bytes],
    domains: Collection[str],
    bounds: Bounds,
    now: datetime,
) -> Mails:
    """Note what these mails say. One that is given again changes nothing.

    Args:
        domains: of the address that messages come from, and so of their Message-IDs, and of that
            which they return to.
    """
    done = Mails()
    read: list[tuple[bytes, Returned]] = []
    kept: list[tuple[bytes, str]] = []
    # The campaigns whose mails are answered so that somebody has to read it, by hashes of these.
    asks: dict[str, str | None] = {}
    for content in mails:
        try:
            read.append((content, read_returned(content)))
        except NothingOfOurs:
            done.others += 1
        except NotCertain as error:
            kept.append((content, str(error)))
            if str(error) == NO_OF_WHOM:
                asks[sha256(content).hexdigest()] = None
    known = _known(session, {one.key for _, one in read})
    told: list[Told] = []
    of: list[bytes] = []
    for content, one in read:
        try:
            said = _told(one, content, domains, known.get(one.key), now)
            told.append(said)
            of.append(content)
            if one.opts_out != "no" and not said.by_reply:
                kept.append((content, PERHAPS_NO))
                of_ours = known.get(one.key)
                asks[sha256(content).hexdigest()] = of_ours.campaign if of_ours else None
        except NotCertain as error:
            kept.append((content, str(error)))
    found = note(session, told, bounds, now)
    # What is gone is so whatever else is said of it.
    gone = {of[place]: GONE for place in found.unknown}
    kept = [one for one in kept if one[0] not in gone] + list(gone.items())
    new = _keep(session, kept, now)
    done.said, done.unread = found.kinds, len(new)
    have_told(session, {asks[key] for key in new if key in asks}, now)
    done.known = found.known + len(kept) - done.unread
    return done


@dataclass(frozen=True)
class Unread:
    """A mail that was kept, with why it could not be read."""

    id: str
    received_at: datetime
    why: str
    content: bytes = field(repr=False)


def unread_mails(session: Session, most: int = 1000) -> list[Unread]:
    """Mails that are kept, the newest first. They are personal data."""
    rows = session.scalars(select(UnreadMail).order_by(UnreadMail.id.desc()).limit(most))
    return [Unread(row.id, row.received_at, row.why, row.content) for row in rows]


def forget_unread(session: Session, before: datetime) -> None:
    """Delete mails that were kept before a moment."""
    session.execute(delete(UnreadMail).where(UnreadMail.received_at < before))


@dataclass(frozen=True)
class _Known:
    """What a message was for, and by their keyed hashes the address that it went to and those that
    its lead has; one that was merged has that of whoever stands for it too."""

    campaign: str
    purpose: str
    addresses: tuple[str, ...]


def _known(session: Session, keys: set[str]) -> dict[str, _Known]:
    stands, message = aliased(Lead), CampaignMessage
    asked = (
        select(
            message.id,
            message.campaign,
            message.purpose,
            message.address_index,
            Lead.email_index,
            stands.email_index,
        )
        .join(Lead, Lead.id == message.lead_id)
        .outerjoin(stands, stands.id == Lead.merged_into)
        .where(message.id == any_(literal(sorted(keys), ARRAY(Text))))
    )
    rows = session.execute(asked).tuples() if keys else ()
    return {
        key: _Known(campaign, purpose, tuple(one for one in indexes if one is not None))
        for key, campaign, purpose, *indexes in rows
    }


def _told(
    one: Returned, content: bytes, domains: Collection[str], known: _Known | None, now: datetime
) -> Told:
    """Whoever has a mail of ours can write a report of it: it counts where it names nobody, or the
    lead. A complaint counts as well where its receiver was made unreadable, as providers do.

    Raises:
        NotCertain: it is about another domain, or names somebody else than ``known``.
    """
    if one.domain not in {domain.lower() for domain in domains}:
        raise NotCertain(ELSEWHERE)
    named = {email_index_of(address) for address in one.to}
    of_lead = [index for index in known.addresses if index in named] if known else []
    if known and named and not of_lead and one.kind != "complained":
        raise NotCertain(ANOTHERS)
    says_no = known is not None and _says_no(one, known)
    return Told(
        "unsubscribed" if says_no else one.kind,
        one.at or now,
        message_id=one.key,
        bounce_class=one.bounce_class,
        address_index=next(iter(of_lead), None),
        by_reply=says_no,
        answer=_known_by(one, content) if says_no else None,
    )


def _known_by(one: Returned, content: bytes) -> str:
    """By what an answer is known again, wherever and whenever it is read."""
    return sha256(one.own_id.encode("utf-8", "replace") or content).hexdigest()


def _says_no(one: Returned, known: _Known) -> bool:
    """Whether it is certain that the lead answered with the wish for no more mail: from an address
    of its own, about mail that can be opted out of."""
    if one.opts_out != "surely" or known.purpose == "legal":
        return False
    return bool(one.sender) and email_index_of(one.sender) in known.addresses


def _keep(session: Session, mails: Sequence[tuple[bytes, str]], now: datetime) -> list[str]:
    """Keep mails; the hashes of those that were not kept yet."""
    rows = [
        {
            "id": new_id("mail"),
            "received_at": now,
            "why": why,
            "content": content,
            "content_hash": sha256(content).hexdigest(),
        }
        for content, why in mails
    ]
    if not rows:
        return []
    new = insert(UnreadMail).values(rows).on_conflict_do_nothing()
    return list(session.scalars(new.returning(UnreadMail.content_hash)))
