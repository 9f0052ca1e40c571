"""The circuit breakers of channels in the store, for all processes that send, and for those that
hear what came back."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.campaigns.circuits.circuit import (
    BLOCKS,
    BLOCKS_SHARE,
    Circuit,
    State,
    after,
    after_blocks,
    blocked,
)
from leadflow.campaigns.circuits.tables import ChannelCircuit
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.port import Refused, Result
from leadflow.conditions.problems import nearest
from leadflow.outbox.service import enqueue

NOTIFY = "notify_of_channel"
_DAY = timedelta(days=1)


class NoSuchChannel(LookupError):
    """Nothing was ever handed to a channel of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        said = nearest(name, list(known))
        super().__init__(f"There is no channel {name!r}. {said} See: leadflow channels")


class ChannelNotSo(ValueError):
    """A channel is in the state already that is asked for."""


@dataclass(frozen=True)
class Turn:
    """How many messages may be claimed for a channel; ``trial``: it is open, and one is to show
    whether it is back."""

    most: int
    trial: bool = False


def turn(session: Session, channel: str, now: datetime, most: int) -> Turn:
    """What may be claimed for a channel in this transaction; it does not open before that ends.
    Whoever gets a trial is the only one, as long as their transaction lasts."""
    closed = _read(session, channel, now).state == "closed"
    found = _circuit(_locked(session, channel, reading=closed))
    if found.state == "closed":
        return Turn(most)
    # Where it opened just now, the lock is one that others have too.
    return Turn(0) if closed else Turn(found.takes(now, most), trial=True)


def trying(session: Session, channel: str, until: datetime) -> None:
    """Let nobody else try an open channel until then, when the claim of who tries it has ended."""
    these = update(ChannelCircuit).where(
        ChannelCircuit.channel == channel, ChannelCircuit.state == "open"
    )
    session.execute(these.values(until=until))


def note(
    session: Session, channel: str, results: Sequence[Result], now: datetime, tried: bool
) -> bool:
    """Note what a channel said, in that order; whether it is open now. As it opens, people are
    told.

    Args:
        tried: this was the one message by which it is seen whether it is back.
    """
    said = [one.said for one in results if isinstance(one, Refused) and one.fault == "policy"]
    before = _circuit(_read(session, channel, now))
    if before.state == "closed" and not said and after(before, results, now) == before:
        return False
    before = _circuit(_locked(session, channel))
    if tried and before.state == "open":
        before = replace(before, until=now)
    found = after(before, results, now)
    if said and found.state == "closed":
        found = _after_blocks(session, channel, found, len(said), f"policy: {said[-1]}", now)
    _change_to(session, channel, before, found, now)
    return found.state == "open"


def hold(session: Session, names: Collection[str], now: datetime) -> None:
    """Wait for whoever changes these channels, before any message is held: in that order everybody
    does."""
    for name in sorted(names):
        _read(session, name, now)
        _locked(session, name)


def note_returned(
    session: Session, channel: str, sent_at: Sequence[datetime], now: datetime
) -> None:
    """Mails that a channel took came back because their receivers will have none of ours; the
    channel is held. What was sent before it came into its state tells nothing new.

    Args:
        sent_at: when each was sent.
    """
    before = _circuit(_locked(session, channel))
    many = sum(1 for one in sent_at if one >= before.since)
    if before.state == "closed" and many:
        why = "policy: Mails come back, for their receivers take none of ours."
        found = _after_blocks(session, channel, before, many, why, now)
        _change_to(session, channel, before, found, now)


def _after_blocks(
    session: Session, channel: str, circuit: Circuit, many: int, why: str, now: datetime
) -> Circuit:
    found = blocked(circuit, many, now)
    if found.blocked < BLOCKS:
        return found
    # No more are counted than matter.
    some = (
        select(CampaignMessage.id)
        .where(CampaignMessage.channel == channel, CampaignMessage.sent_at > now - _DAY)
        .limit(int(found.blocked / BLOCKS_SHARE) + 1)
        .subquery()
    )
    sent = session.scalar(select(func.count()).select_from(some)) or 0
    return after_blocks(found, sent, why, now)


def _change_to(
    session: Session, channel: str, before: Circuit, found: Circuit, now: datetime
) -> None:
    """Store it; as it opens, have people told."""
    _store(session, channel, found)
    if found.state == "open" and before.state == "closed":
        payload = {"channel": channel, "since": now.isoformat(), "person_id": None}
        enqueue(session, NOTIFY, f"channel:{channel}:{now.isoformat()}", payload)


def channels(session: Session) -> dict[str, Circuit]:
    """Every channel by name, and how it is."""
    rows = session.scalars(select(ChannelCircuit).order_by(ChannelCircuit.channel))
    return {row.channel: _circuit(row) for row in rows}


def pause(session: Session, channel: str, by: str, now: datetime) -> None:
    """Hand nothing to a channel until somebody closes it; why is then who has said so.

    Raises:
        NoSuchChannel: nothing was ever handed to it.
        ChannelNotSo: it is paused already.
    """
    _change(session, channel, Circuit("paused", now, why=by), by)


def close(session: Session, channel: str, by: str, now: datetime) -> None:
    """Hand messages to a channel again at once.

    Raises:
        NoSuchChannel: nothing was ever handed to it.
        ChannelNotSo: it is closed already.
    """
    _change(session, channel, Circuit("closed", now), by)


def _change(session: Session, channel: str, wanted: Circuit, by: str) -> None:
    row = session.get(ChannelCircuit, channel, with_for_update=True)
    if row is None:
        raise NoSuchChannel(channel, channels(session))
    if row.state == wanted.state:
        is_ = {"paused": "stopped", "closed": "sending"}[wanted.state]
        raise ChannelNotSo(f"{channel} is {is_} already.")
    _store(session, channel, wanted)
    audit.record(session, by, f"channel.{wanted.state}", channel, {})


def _read(session: Session, channel: str, now: datetime) -> ChannelCircuit:
    """The channel's row as it is, made where there is none yet."""
    asked = select(ChannelCircuit).where(ChannelCircuit.channel == channel)
    row = session.scalars(asked).first()
    if row is None:
        new = insert(ChannelCircuit).values(channel=channel, since=now)
        session.execute(new.on_conflict_do_nothing())
        row = session.scalars(asked).one()
    return row


def _locked(session: Session, channel: str, reading: bool = False) -> ChannelCircuit:
    """The row once nobody else changes it; ``reading``: others may lock it so too."""
    asked = select(ChannelCircuit).where(ChannelCircuit.channel == channel)
    fresh = asked.with_for_update(read=reading).execution_options(populate_existing=True)
    return session.scalars(fresh).one()


def _circuit(row: ChannelCircuit) -> Circuit:
    state = cast(State, row.state)
    return Circuit(
        state,
        row.since,
        row.failures,
        row.openings,
        row.until,
        row.why,
        row.blocked,
        row.blocked_since,
    )


def _store(session: Session, channel: str, circuit: Circuit) -> None:
    these = update(ChannelCircuit).where(ChannelCircuit.channel == channel)
    session.execute(these.values(**asdict(circuit)))
