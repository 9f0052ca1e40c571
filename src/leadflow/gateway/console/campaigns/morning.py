"""What somebody who looks after campaigns wants to see first: trouble, work, new leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.assignment.insight.arrivals import arrivals
from leadflow.campaigns.looking.overview import Overview, overviews
from leadflow.gateway.console.campaigns.channels import resting
from leadflow.settings import get_settings

A_DAY = timedelta(days=1)
AT_WORK = ("live", "paused")
FIRST_SOURCES = 3


@dataclass(frozen=True)
class Morning:
    """Campaigns at work, those with most trouble first; whether there are any at all; how many
    leads came in within a day, and from where most; how mails are sent, and over which channels
    nothing goes out just now, with why."""

    campaigns: list[Overview]
    any_stored: bool
    arrived: int
    sources: list[tuple[str, int]]
    sending: str
    resting: Mapping[str, str]
    may_steer: bool


def morning(session: Session, caller: Actor, now: datetime) -> Morning | None:
    """For those who see how campaigns and sales go; None for others."""
    reach = caller.reach("lead.read")
    sees = caller.reach("campaign.read"), caller.reach("analytics.read")
    if reach is None or None in sees:
        return None
    known = overviews(session)
    came = [
        (source, count) for source, count in arrivals(session, caller.rep_id, reach, now - A_DAY)
    ]
    return Morning(
        sorted((one for one in known if one.stored.state in AT_WORK), key=_most_trouble_first),
        bool(known),
        sum(count for _, count in came),
        came[:FIRST_SOURCES],
        get_settings().sending,
        resting(session),
        caller.reach("campaign.write") is not None,
    )


def _most_trouble_first(one: Overview) -> tuple[int, int, int, str]:
    """What only a person can mend counts before what consent decides."""
    of = one.messages.of
    return -of("uncertain"), -of("failed"), -of("withheld"), one.stored.name
