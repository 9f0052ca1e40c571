"""Messages as people look at them, and settle those of which nobody knows whether they arrived."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.campaigns.tables import MESSAGE_STATES, CampaignMessage
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page

Settled = Literal["accepted", "failed", "planned"]
BY_A_PERSON = "Somebody has found that it did not arrive."


class NoSuchMessage(LookupError):
    """There is no message of this id."""

    def __init__(self, message: str) -> None:
        super().__init__(f"There is no message {message}. See: leadflow campaigns messages")


class NothingToSettle(ValueError):
    """A message of which it is known what became of it."""


class NoMessageState(ValueError):
    """Messages are in no such state."""

    def __init__(self, state: str) -> None:
        super().__init__(f"{state!r} is no state of a message: {', '.join(MESSAGE_STATES)}.")


@dataclass(frozen=True)
class ShownMessage:
    """A message: of which campaign and step, to whom, and what became of it when."""

    id: str
    campaign: str
    step: str
    lead_id: str
    status: str
    due_at: datetime
    sent_at: datetime | None
    attempts: int
    why: str | None


@dataclass(frozen=True)
class Attempt:
    """One attempt that came to nothing: when that was known, over which channel, what became of the
    message by it, and what was said."""

    at: datetime
    attempt: int
    channel: str | None
    became: str
    said: str | None


@dataclass(frozen=True)
class MessageStory:
    """All that is known of a message. ``handed_at``: when it was first handed over, where it may
    have been taken then; ``ask_at``: from when on its channel is asked again whether it was."""

    message: ShownMessage
    purpose: str
    planned_at: datetime
    handed_at: datetime | None
    channel: str | None
    ask_at: datetime | None
    provider_id: str | None
    attempts: tuple[Attempt, ...]


def story_of(session: Session, message_id: str) -> MessageStory:
    """The whole story of a message; of its attempts the last twenty that came to nothing.

    Raises:
        NoSuchMessage: there is none.
    """
    row = session.get(CampaignMessage, message_id)
    if row is None:
        raise NoSuchMessage(message_id)
    told = row.story or []
    attempts = [Attempt(**one | {"at": datetime.fromisoformat(one["at"])}) for one in told]
    return MessageStory(
        _shown(row),
        row.purpose,
        row.planned_at,
        row.handed_at,
        row.channel,
        row.ask_at,
        row.provider_id,
        tuple(attempts),
    )


@dataclass(frozen=True)
class Which:
    """Messages of a campaign, of one of its steps, to a lead: of all where none is named."""

    campaign: str | None = None
    step: str | None = None
    lead_id: str | None = None


ANY = Which()


def page_of_messages(
    session: Session, status: str | None = None, wanted: Wanted = FIRST, which: Which = ANY
) -> Page[ShownMessage]:
    """Messages, the newest first; of one state where that is said.

    Raises:
        NoMessageState: there is no such state.
    """
    if status is not None and status not in MESSAGE_STATES:
        raise NoMessageState(status)
    these = select(CampaignMessage)
    said = {
        CampaignMessage.status: status,
        CampaignMessage.campaign: which.campaign,
        CampaignMessage.step: which.step,
        CampaignMessage.lead_id: which.lead_id,
    }
    for column, value in said.items():
        if value is not None:
            these = these.where(column == value)
    keys = (Key(CampaignMessage.id, descending=True),)
    of_these = "messages", status, which.campaign, which.step, which.lead_id
    found = read_page(session, these, keys, of_these, wanted)
    return found.of(_shown)


def _shown(row: CampaignMessage) -> ShownMessage:
    return ShownMessage(
        row.id,
        row.campaign,
        row.step,
        row.lead_id,
        row.status,
        row.due_at,
        row.sent_at,
        row.attempts,
        row.why,
    )


def settle(session: Session, message_id: str, became: Settled, by: str, now: datetime) -> None:
    """Say of an uncertain message whether it arrived, as a person has found out; ``planned``: it
    did not, and is sent again.

    Raises:
        NoSuchMessage: there is none.
        NothingToSettle: it is not uncertain.
    """
    row = session.get(CampaignMessage, message_id, with_for_update=True)
    if row is None:
        raise NoSuchMessage(message_id)
    if row.status != "uncertain":
        raise NothingToSettle(f"The message is {row.status}: there is nothing to settle.")
    row.status, row.ask_at = became, None
    row.why = BY_A_PERSON if became == "failed" else None
    if became == "planned":
        # Nothing was taken: it may be written anew, and its attempts begin anew.
        row.handed_at, row.mail_hash, row.attempts, row.due_at = None, None, 0, now
    row.sent_at = now if became == "accepted" else None
    audit.record(session, by, "campaign_message.settled", message_id, {"became": became})
