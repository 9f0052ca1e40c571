"""How many messages may go out: of a campaign a day, in a span and in all; to a lead a day and a
week. What is beyond that is put off to when there is room, by priority, or withheld where there
never will be.

Whoever claims messages holds a lock while this is worked out, so that two that claim at once do
not both fill the same room.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Why = Literal["daily", "total", "frame", "lead_day", "lead_week"]
DAY, WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Due:
    """A message that is due; ``capped``: whether caps over all campaigns count for it."""

    id: str
    campaign: str
    lead_id: str
    priority: int
    due_at: datetime
    capped: bool


@dataclass(frozen=True)
class Frame:
    """At most so many within a span."""

    within: timedelta
    most: int


@dataclass(frozen=True)
class Bounds:
    """What a campaign says of how many messages it may send; ``zone``: of its days."""

    zone: ZoneInfo
    daily: int | None
    total: int | None
    frames: tuple[Frame, ...]


@dataclass(frozen=True)
class Held:
    """A message that may not go out now: why, and when there may be room; None: never."""

    why: Why
    until: datetime | None


@dataclass
class Room:
    """What has gone out already: of campaigns with bounds in all, today and within each frame; to
    leads the moments, the newest first."""

    total: Counter[str]
    today: Counter[str]
    framed: Counter[tuple[str, int]]
    of_lead: Mapping[str, Sequence[datetime]]


def split(
    messages: Sequence[Due],
    bounds: Mapping[str, Bounds],
    a_day: int,
    a_week: int,
    room: Room,
    now: datetime,
) -> tuple[list[str], dict[str, Held]]:
    """Which of these may go out now, and what holds each of the others. Those of a higher priority
    come first, then the oldest.

    Args:
        a_day: messages to a lead within 24 hours, over all campaigns; 0: any number.
        a_week: the same within seven days.
        now: the moment (aware) that counts.
    """
    going: list[str] = []
    held: dict[str, Held] = {}
    behind: Counter[tuple[str, str]] = Counter()
    of_lead = defaultdict(list, {lead: list(times) for lead, times in room.of_lead.items()})
    for one in sorted(messages, key=lambda each: (-each.priority, each.due_at, each.id)):
        found = _of_campaign(one, bounds.get(one.campaign), room, behind, now)
        if found is None and one.capped:
            found = _of_lead(of_lead[one.lead_id], a_day, a_week, now)
        if found is not None:
            held[one.id] = found
            continue
        going.append(one.id)
        if one.capped:
            of_lead[one.lead_id].insert(0, now)
        room.total[one.campaign] += 1
        room.today[one.campaign] += 1
        for number in range(len(bounds[one.campaign].frames) if one.campaign in bounds else 0):
            room.framed[one.campaign, number] += 1
    return going, held


def _of_campaign(
    one: Due, said: Bounds | None, room: Room, behind: Counter[tuple[str, str]], now: datetime
) -> Held | None:
    """What a campaign's own bounds say. Those beyond one are spread over the days, or the spans,
    that come next."""
    if said is None:
        return None
    if said.total is not None and room.total[one.campaign] >= said.total:
        return Held("total", None)
    if said.daily is not None and room.today[one.campaign] >= said.daily:
        later = behind[one.campaign, "daily"] // said.daily
        behind[one.campaign, "daily"] += 1
        day = now.astimezone(said.zone).date() + timedelta(days=1 + later)
        midnight = datetime(day.year, day.month, day.day, tzinfo=said.zone)
        return Held("daily", midnight.astimezone(now.tzinfo))
    for number, frame in enumerate(said.frames):
        if room.framed[one.campaign, number] >= frame.most:
            key = one.campaign, f"frame {number}"
            later = behind[key] // frame.most
            behind[key] += 1
            return Held("frame", now + frame.within * (1 + later))
    return None


def _of_lead(times: Sequence[datetime], a_day: int, a_week: int, now: datetime) -> Held | None:
    """What the caps over all campaigns say; ``times``: when the lead was written to, the newest
    first."""
    week, day = _full(times, a_week, WEEK, now), _full(times, a_day, DAY, now)
    if week is not None and (day is None or week >= day):
        return Held("lead_week", week)
    return None if day is None else Held("lead_day", day)


def _full(
    times: Sequence[datetime], most: int, within: timedelta, now: datetime
) -> datetime | None:
    """When there is room again within a span; None: there is now."""
    if most and len(times) >= most and times[most - 1] > now - within:
        return times[most - 1] + within
    return None
