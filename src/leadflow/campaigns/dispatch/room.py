"""Whose turn it is: messages that are due are held against what has gone out, and those beyond a
bound are put off, or withheld."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import ARRAY, ColumnElement, Row, Select, Text, any_, func, literal, select, text
from sqlalchemy.orm import Session

from leadflow.campaigns.counting.counts import NO_MESSAGES, messages_of
from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.definitions.sending_hours import hours_of
from leadflow.campaigns.dispatch.capping import WEEK, Bounds, Due, Frame, Held, Room, split
from leadflow.campaigns.interpreter.clock import moments_in, utc_of
from leadflow.campaigns.interpreter.moments import open_from
from leadflow.campaigns.places.placing import read, zones_of
from leadflow.campaigns.store.programs import programs
from leadflow.campaigns.tables import CampaignMessage, Enrolment
from leadflow.database.copying import run
from leadflow.settings import Settings

# Whoever claims comes one after another: two at once would fill the same room twice.
TURN = text("SELECT pg_advisory_xact_lock(7240041)")
WENT = ("claimed", "accepted", "delivered", "bounced", "uncertain")
PUT_OFF = """
UPDATE campaign_messages m SET due_at = n.due_at, put_off = n.why
FROM unnest(%(ids)s::text[], %(due)s::timestamptz[], %(why)s::text[]) AS n (id, due_at, why)
WHERE m.id = n.id AND m.status = 'planned'
"""
WITHHOLD = """
UPDATE campaign_messages SET status = 'withheld', why = 'limit'
WHERE id = ANY (%(ids)s) AND status = 'planned'
"""


@dataclass(frozen=True)
class Caps:
    """How many marketing messages a lead gets at most, over all campaigns; 0: any number."""

    a_day: int = 0
    a_week: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "Caps":
        """Those that are set."""
        return cls(settings.marketing_a_day, settings.marketing_a_week)


NO_CAPS = Caps()


def with_room(
    session: Session, these: Select[tuple[str]], caps: Caps, now: datetime
) -> list[str] | None:
    """The ids of those of these messages for which there is room; the others are put off to when
    there is, in an hour in which they may go out. None: no bound counts for any of them. Where one
    does, nobody else looks for room until the transaction ends.
    """
    rows = _due(session, these)
    known = programs(session, {(row.campaign, row.version) for row in rows})
    bounds = {
        name: _bounds(program) for (name, _), program in sorted(known.items()) if _limited(program)
    }
    capped = [row for row in rows if row.purpose == "marketing"] if caps != NO_CAPS else []
    if not bounds and not capped:
        return None
    session.execute(TURN)
    messages = [
        Due(
            row.id,
            row.campaign,
            row.lead_id,
            known[row.campaign, row.version].campaign.priority,
            row.due_at,
            row.purpose == "marketing",
        )
        for row in rows
    ]
    room = _room(session, bounds, {row.lead_id for row in capped}, now)
    going, held = split(messages, bounds, caps.a_day, caps.a_week, room, now)
    _put_off(session, [row for row in rows if row.id in held], held, known, now)
    return going


def _due(session: Session, these: Select[tuple[str]]) -> Sequence[Row[Any]]:
    ids = these.with_for_update(skip_locked=True, of=CampaignMessage).cte("due")
    asked = (
        select(
            CampaignMessage.id,
            CampaignMessage.campaign,
            CampaignMessage.version,
            CampaignMessage.lead_id,
            CampaignMessage.purpose,
            CampaignMessage.due_at,
            Enrolment.places,
        )
        .join(ids, ids.c.id == CampaignMessage.id)
        .join(Enrolment, Enrolment.id == CampaignMessage.enrolment_id)
    )
    return session.execute(asked).all()


def _limited(program: Program) -> bool:
    limits = program.campaign.limits
    return bool(limits.daily or limits.total or limits.frames)


def _bounds(program: Program) -> Bounds:
    """Of two versions of a campaign at work those of the newer one count."""
    limits = program.campaign.limits
    return Bounds(
        ZoneInfo(program.campaign.zone),
        limits.daily,
        limits.total,
        tuple(Frame(frame.within.about, frame.most) for frame in limits.frames),
    )


def _room(
    session: Session, bounds: Mapping[str, Bounds], leads: Collection[str], now: datetime
) -> Room:
    """What has gone out so far, of what bounds ask about."""
    total: Counter[str] = Counter()
    today: Counter[str] = Counter()
    framed: Counter[tuple[str, int]] = Counter()
    for name, said in bounds.items():
        if said.total is not None:
            total[name] = messages_of(session, name).get(name, NO_MESSAGES).of(*WENT)
        if said.daily is not None:
            day = now.astimezone(said.zone)
            midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
            today[name] = _count(session, name, midnight, now)
        for number, frame in enumerate(said.frames):
            framed[name, number] = _count(session, name, now - frame.within, now)
    return Room(total, today, framed, _of_leads(session, leads, now))


def _went_at(now: datetime) -> ColumnElement[datetime]:
    """When a message went out; what is on its way goes out now."""
    return func.coalesce(CampaignMessage.sent_at, CampaignMessage.handed_at, now)


def _count(session: Session, name: str, since: datetime, now: datetime) -> int:
    went = (
        select(func.count())
        .where(CampaignMessage.campaign == name)
        .where(CampaignMessage.status.in_(WENT), _went_at(now) >= since)
    )
    return session.scalar(went) or 0


def _of_leads(
    session: Session, leads: Collection[str], now: datetime
) -> Mapping[str, Sequence[datetime]]:
    if not leads:
        return {}
    asked = (
        select(CampaignMessage.lead_id, _went_at(now))
        .where(CampaignMessage.lead_id == any_(literal(sorted(leads), ARRAY(Text))))
        .where(CampaignMessage.purpose == "marketing", CampaignMessage.status.in_(WENT))
        .where(_went_at(now) > now - WEEK)
        .order_by(_went_at(now).desc())
    )
    found: defaultdict[str, list[datetime]] = defaultdict(list)
    for lead, at in session.execute(asked).tuples():
        found[lead].append(at)
    return found


def _put_off(
    session: Session,
    rows: Sequence[Row[Any]],
    held: Mapping[str, Held],
    known: Mapping[tuple[str, int], Program],
    now: datetime,
) -> None:
    never = [row.id for row in rows if held[row.id].until is None]
    if never:
        run(session, WITHHOLD, {"ids": never})
    by_version: defaultdict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
    for row in rows:
        if held[row.id].until is not None:
            by_version[row.campaign, row.version].append(row)
    for key, some in by_version.items():
        due = _in_hours(known[key], some, [held[row.id].until for row in some], now)
        values = {
            "ids": [row.id for row in some],
            "due": due,
            "why": [held[row.id].why for row in some],
        }
        run(session, PUT_OFF, values)


def _in_hours(
    program: Program, rows: Sequence[Row[Any]], moments: Sequence[datetime | None], now: datetime
) -> list[datetime | None]:
    """From these moments on, the first in which each may go out where its lead is; a day later
    where there is none, to be looked at then."""
    places: dict[tuple[str, ...], int] = {}
    numbers = [places.setdefault(tuple(row.places), len(places)) for row in rows]
    zones = zones_of([read(one) for one in places], numbers, program.campaign.holidays, now.year)
    from_then = utc_of(list(moments))
    mine = zones.of_rows(np.arange(len(rows), dtype=np.int64))
    opens = open_from(hours_of(program.campaign), from_then, mine)
    found = np.where(np.isnat(opens), from_then + np.timedelta64(timedelta(days=1)), opens)
    return list(moments_in(found))
