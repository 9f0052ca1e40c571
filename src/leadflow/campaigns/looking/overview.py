"""How campaigns go, in as many statements whether there is one or a hundred."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from leadflow.campaigns.counting.counts import (
    NO_MESSAGES,
    NOBODY,
    SENT,
    Messages,
    Numbers,
    counts,
    messages_of,
)
from leadflow.campaigns.store.service import ARCHIVED, StoredCampaign, campaigns_now

ORDER = ("live", "paused", "draft", "stopped")
# The first planned message of each campaign, and when the first step of somebody is over: each by
# an index of what is planned, or open, alone.
NEXT = text(
    """
SELECT c.name, m.due_at AS message, s.due_at AS step FROM campaigns c
LEFT JOIN (
    SELECT campaign, min(due_at) AS due_at FROM campaign_messages
    WHERE status = 'planned' GROUP BY campaign
) m ON m.campaign = c.name
LEFT JOIN LATERAL (
    SELECT min(first.due_at) AS due_at FROM campaign_versions v CROSS JOIN LATERAL (
        SELECT e.due_at FROM enrolments e
        WHERE e.campaign = c.name AND e.version = v.version AND e.ended_at IS NULL
            AND e.due_at IS NOT NULL
        ORDER BY e.due_at LIMIT 1
    ) first WHERE v.campaign = c.name
) s ON true
"""
)


@dataclass(frozen=True)
class Overview:
    """A campaign with its kept numbers; ``next_message``: when the first of those that are planned
    is due, ``next_step``: when the first step is over at which somebody stands."""

    stored: StoredCampaign
    numbers: Numbers
    messages: Messages
    next_message: datetime | None
    next_step: datetime | None

    @property
    def sent(self) -> int:
        """How many messages the mail server has taken."""
        return self.messages.of(*SENT)

    @property
    def troubles(self) -> dict[str, int]:
        """How many messages somebody should look at, by their state; those that there are."""
        states = ("uncertain", "failed", "withheld")
        found = {state: self.messages.of(state) for state in states}
        return {state: count for state, count in found.items() if count}


def overviews(session: Session) -> list[Overview]:
    """Every campaign that is not put away: those at work first, each kind by name."""
    known, numbers, messages = campaigns_now(session), counts(session), messages_of(session)
    coming: dict[str, Row[tuple[str, datetime | None, datetime | None]]] = {
        row.name: row for row in session.execute(NEXT)
    }
    found = [
        Overview(
            stored,
            numbers.get(name, NOBODY),
            messages.get(name, NO_MESSAGES),
            coming[name].message,
            coming[name].step,
        )
        for name, stored in known.items()
        if stored.state != ARCHIVED
    ]
    return sorted(found, key=lambda one: (_place(one.stored.state), one.stored.name))


def _place(state: str) -> int:
    return ORDER.index(state) if state in ORDER else len(ORDER)
