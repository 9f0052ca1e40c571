"""The circuit breakers of channels in the store, for all processes that send."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.campaigns.dispatch.circuit import Circuit, State, after
from leadflow.campaigns.dispatch.claiming import LEASE
from leadflow.campaigns.dispatch.tables import ChannelCircuit
from leadflow.channels.port import Result
from leadflow.conditions.problems import nearest
from leadflow.outbox.service import enqueue

NOTIFY = "notify_of_channel"


class NoSuchChannel(LookupError):
    """Nothing was ever handed to a channel of this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        said = nearest(name, list(known))
        super().__init__(f"There is no channel {name!r}. {said} See: leadflow campaigns channels")


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


def trying(session: Session, channel: str, now: datetime) -> None:
    """Let nobody else try an open channel until the claim of who tries it has ended."""
    these = update(ChannelCircuit).where(
        ChannelCircuit.channel == channel, ChannelCircuit.state == "open"
    )
    session.execute(these.values(until=now + LEASE))


def note(
    session: Session, channel: str, results: Sequence[Result], now: datetime, tried: bool
) -> bool:
    """Note what a channel said, in that order; whether it is open now. As it opens, people are
    told.

    Args:
        tried: this was the one message by which it is seen whether it is back.
    """
    before = _circuit(_read(session, channel, now))
    if before.state == "closed" and after(before, results, now) == before:
        return False
    before = _circuit(_locked(session, channel))
    if tried and before.state == "open":
        before = replace(before, until=now)
    found = after(before, results, now)
    _store(session, channel, found)
    if found.state == "open" and before.state == "closed":
        payload = {"channel": channel, "since": now.isoformat(), "person_id": None}
        enqueue(session, NOTIFY, f"channel:{channel}:{now.isoformat()}", payload)
    return found.state == "open"


def channels(session: Session) -> dict[str, Circuit]:
    """Every channel by name, and how it is."""
    rows = session.scalars(select(ChannelCircuit).order_by(ChannelCircuit.channel))
    return {row.channel: _circuit(row) for row in rows}


def pause(session: Session, channel: str, by: str, now: datetime) -> None:
    """Hand nothing to a channel until somebody closes it.

    Raises:
        NoSuchChannel: nothing was ever handed to it.
        ChannelNotSo: it is paused already.
    """
    _change(session, channel, Circuit("paused", now, why=f"{by} has paused it."), by)


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
        raise ChannelNotSo(f"{channel} is {row.state} already.")
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
    return Circuit(state, row.since, row.failures, row.openings, row.until, row.why)


def _store(session: Session, channel: str, circuit: Circuit) -> None:
    these = update(ChannelCircuit).where(ChannelCircuit.channel == channel)
    session.execute(these.values(**asdict(circuit)))
