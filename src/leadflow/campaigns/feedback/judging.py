"""Whether it was a person who opened a mail or followed a link, by all that came of the message in
the same seconds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leadflow.channels.email.tracking import HONEYPOT, OPEN, OPT_OUT

# What programs that look for harm do, they do at once: after so long it is known.
SETTLED_AFTER = timedelta(seconds=10)
# Nobody has read a mail so soon after it was handed over.
TOO_SOON = timedelta(seconds=5)
# Nobody follows so many links in so short a time.
AT_ONCE, LINKS_AT_ONCE = timedelta(seconds=4), 3


@dataclass(frozen=True)
class Visit:
    """A picture that was fetched or a link that was followed; ``machine`` says why it is known
    already that it was no person."""

    id: int
    message_id: str
    link: int
    at: datetime
    machine: str | None


def why_machine(visit: Visit, around: Sequence[Visit], sent_at: datetime | None) -> str | None:
    """Why a visit was no person's; None: nothing speaks against one.

    Args:
        around: all visits of its message of the last seconds, itself among them.
        sent_at: when the message was handed over.
    """
    if visit.link == OPT_OUT:
        # By a button, which no program presses.
        return None
    if visit.link == HONEYPOT:
        return "honeypot"
    if visit.machine is not None:
        return visit.machine
    if sent_at is not None and visit.at - sent_at < TOO_SOON:
        return "too_soon"
    if any(one.link == HONEYPOT and _near(one, visit, SETTLED_AFTER) for one in around):
        return "honeypot"
    others = [one for one in around if one.link not in (OPEN, OPT_OUT)]
    links = {one.link for one in others if _near(one, visit, AT_ONCE)}
    return "all_at_once" if len(links) >= LINKS_AT_ONCE else None


def _near(one: Visit, other: Visit, within: timedelta) -> bool:
    return abs(one.at - other.at) <= within
