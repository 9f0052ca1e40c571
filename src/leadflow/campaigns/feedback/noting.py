"""Noting what came back, many at a time: events, states of messages, figures, and what follows, in
one transaction. Told again, or in another order, it comes to the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, insert, literal, select
from sqlalchemy.orm import Session

from leadflow.campaigns.circuits import service as circuits
from leadflow.campaigns.feedback import domains, figures
from leadflow.campaigns.feedback.following import follow
from leadflow.campaigns.feedback.months import make_month
from leadflow.campaigns.feedback.noted import Message, New
from leadflow.campaigns.feedback.pausing import Bounds, pause_where_too_many
from leadflow.campaigns.feedback.states import move
from leadflow.campaigns.feedback.tables import MessageEvent
from leadflow.campaigns.feedback.told import MANY, Kind, Told
from leadflow.campaigns.tables import CampaignMessage
from leadflow.channels.email.bounce_classes import BounceClass

POLICY: BounceClass = "policy"
# What people say of a mail once they have it, by whatever clock their mailbox has.
_SAID_AFTER: frozenset[Kind] = frozenset({"complained", "replied", "auto_replied"})
_Known = tuple[str, str, bool, int | None, datetime | str | None]


@dataclass(frozen=True)
class Noted:
    """How many events were new, and of which kinds; how many were known; and of which none of our
    messages could be found, by their places in what was told."""

    new: int = 0
    known: int = 0
    unknown: tuple[int, ...] = ()
    kinds: Counter[str] = field(default_factory=Counter)


def note(session: Session, told: Sequence[Told], bounds: Bounds, now: datetime) -> Noted:
    """Note what is told of messages. Whoever holds the same messages is waited for.

    Args:
        bounds: from how many complaints and bounces on a campaign pauses itself.
    """
    if not told:
        return Noted()
    make_month(session, now)
    named = _named(session, told)
    _hold_channels(session, told, named, now)
    messages = _held(session, {one for one in named if one is not None})
    unknown = tuple(place for place, one in enumerate(named) if one not in messages)
    ours = [
        (messages[one], replace(each, happened_at=_moment(each, messages[one], now)))
        for one, each in zip(named, told, strict=True)
        if one is not None and one in messages
    ]
    new = _new(session, ours)
    if new:
        domains.count(session, new)
        _write(session, new, now)
        move(session, new)
        figures.count(session, new)
        follow(session, new, now)
        pause_where_too_many(session, new, bounds, now)
        _tell_channels(session, new, now)
    kinds = Counter[str](one.told.kind for one in new)
    return Noted(len(new), len(ours) - len(new), unknown, kinds)


def _named(session: Session, told: Sequence[Told]) -> list[str | None]:
    """The message's id of each: as it is said, else as its provider's name for it leads to it."""
    asked = {one.provider_id for one in told if one.message_id is None and one.provider_id}
    if not asked:
        return [one.message_id for one in told]
    these = CampaignMessage.provider_id == any_(literal(sorted(asked), ARRAY(Text)))
    found = session.execute(select(CampaignMessage.provider_id, CampaignMessage.id).where(these))
    by_provider: dict[str | None, str | None] = {}
    for provider_id, own in found.tuples():
        # A name that two have leads to neither.
        by_provider[provider_id] = None if provider_id in by_provider else own
    return [one.message_id or by_provider.get(one.provider_id) for one in told]


def _held(session: Session, ids: Iterable[str]) -> dict[str, Message]:
    these = (
        select(CampaignMessage)
        .where(CampaignMessage.id == any_(literal(sorted(ids), ARRAY(Text))))
        .order_by(CampaignMessage.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {
        row.id: Message(
            row.id,
            row.lead_id,
            row.status,
            row.purpose,
            row.campaign,
            row.version,
            row.step,
            row.channel,
            row.sent_at,
            row.address_index,
        )
        for row in session.scalars(these)
    }


def _hold_channels(
    session: Session, told: Sequence[Told], named: Sequence[str | None], now: datetime
) -> None:
    """Hold the channels of what came back by policy, before their messages."""
    ids = {own for own, one in zip(named, told, strict=True) if own and one.bounce_class == POLICY}
    if ids:
        asked = select(CampaignMessage.channel).distinct()
        of = asked.where(CampaignMessage.id == any_(literal(sorted(ids), ARRAY(Text))))
        names = session.scalars(of.where(CampaignMessage.channel.is_not(None)))
        circuits.hold(session, {name for name in names if name is not None}, now)


def _tell_channels(session: Session, new: Sequence[New], now: datetime) -> None:
    """Have the circuits of channels know of what came back by policy."""
    sent_at: defaultdict[str, list[datetime]] = defaultdict(list)
    for one in new:
        message = one.message
        if one.told.bounce_class == POLICY and message.channel and message.sent_at:
            sent_at[message.channel].append(message.sent_at)
    for channel in sorted(sent_at):
        circuits.note_returned(session, channel, sent_at[channel], now)


def _moment(told: Told, message: Message, now: datetime) -> datetime:
    """When it happened, never later than now; of opens and clicks the minute, for of these one a
    minute is kept. Nobody can say anything of a mail before it is handed over: a clock that has it
    so, or ahead of ours, is wrong, and the moment that is certain is that of reading it."""
    at = min(told.happened_at, now)
    if told.by_reply or told.kind in _SAID_AFTER:
        since = message.sent_at
        return at if since is not None and since <= told.happened_at <= now else now
    return at.replace(second=0, microsecond=0) if told.kind in ("opened", "clicked") else at


def _new(session: Session, ours: Sequence[tuple[Message, Told]]) -> list[New]:
    """What was not known yet, each with whether it is the first of its kind for its message."""
    if not ours:
        return []
    ids = sorted({message.id for message, _ in ours})
    kinds = sorted({told.kind for _, told in ours})
    asked = select(
        MessageEvent.message_id,
        MessageEvent.kind,
        MessageEvent.machine.is_not(None),
        MessageEvent.link,
        MessageEvent.happened_at,
        MessageEvent.answer,
    ).where(
        MessageEvent.message_id == any_(literal(ids, ARRAY(Text))),
        MessageEvent.kind == any_(literal(kinds, ARRAY(Text))),
    )
    known: set[_Known] = set()
    had: set[tuple[str, str, bool]] = set()
    for own, kind, machine, link, at, answer in session.execute(asked).tuples():
        known.add((own, kind, machine, link, (answer or at) if kind in MANY else None))
        had.add((own, kind, machine))
    new: list[New] = []
    for message, told in sorted(ours, key=lambda one: one[1].happened_at):
        machine = told.machine is not None
        which = (told.answer or told.happened_at) if told.kind in MANY else None
        key = message.id, told.kind, machine, told.link, which
        if key not in known:
            first = (message.id, told.kind, machine) not in had
            new.append(New(message, told, first))
            known.add(key)
            had.add((message.id, told.kind, machine))
    return new


def _write(session: Session, new: Sequence[New], now: datetime) -> None:
    rows = [
        {
            "noted_at": now,
            "message_id": one.message.id,
            "kind": one.told.kind,
            "happened_at": one.told.happened_at,
            "bounce_class": one.told.bounce_class,
            "machine": one.told.machine,
            "link": one.told.link,
            "answer": one.told.answer,
        }
        for one in new
    ]
    session.execute(insert(MessageEvent), rows)
