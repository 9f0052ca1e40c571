"""Mails that came back: what they say is noted, and what is not certain is kept for a person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.campaigns.feedback.noting import note
from leadflow.campaigns.feedback.pausing import Bounds
from leadflow.campaigns.feedback.tables import UnreadMail
from leadflow.campaigns.feedback.told import Told
from leadflow.channels.email.returned.reading import read_returned
from leadflow.channels.email.returned.said import NotCertain, NothingOfOurs, Returned
from leadflow.database.ids import new_id
from leadflow.leads.service import email_index_of

GONE = "It is about a message that is not there any more."


@dataclass
class Mails:
    """How many mails said what (``bounced``, ``complained`` …), how many of these were known;
    ``unread``: kept because it is not certain what they say; ``others``: no concern of ours."""

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


def note_mails(session: Session, mails: Sequence[bytes], bounds: Bounds, now: datetime) -> Mails:
    """Note what these mails say. One that is given again changes nothing."""
    done = Mails()
    read: list[tuple[bytes, Returned]] = []
    kept: list[tuple[bytes, str]] = []
    for content in mails:
        try:
            read.append((content, read_returned(content)))
        except NothingOfOurs:
            done.others += 1
        except NotCertain as error:
            kept.append((content, str(error)))
    found = note(session, [_told(one, now) for _, one in read], bounds, now)
    kept += ((read[place][0], GONE) for place in found.unknown)
    ours = [one for place, (_, one) in enumerate(read) if place not in set(found.unknown)]
    done.said.update(one.kind for one in ours)
    done.known, done.unread = found.known, len(kept)
    _keep(session, kept, now)
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


def _told(one: Returned, now: datetime) -> Told:
    return Told(
        one.kind,
        one.at or now,
        message_id=one.key,
        bounce_class=one.bounce_class,
        address_index=None if one.to is None else email_index_of(one.to),
    )


def _keep(session: Session, mails: Sequence[tuple[bytes, str]], now: datetime) -> None:
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
    if rows:
        session.execute(insert(UnreadMail).on_conflict_do_nothing(), rows)
