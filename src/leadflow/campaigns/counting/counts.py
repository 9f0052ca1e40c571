"""How many came into campaigns, are in them and how they ended, from the numbers that are kept."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select, text, true
from sqlalchemy.orm import Session

from leadflow.campaigns.counting.tables import EnrolmentCount, MessageCount
from leadflow.campaigns.enrolling.entries import HELD_OUT

GOAL = "goal"
SENT = ("accepted", "delivered", "bounced")
# The lines of a campaign become one for each number. Those that somebody else folds are left alone.
FOLD = """
WITH gone AS (
    DELETE FROM {table} WHERE id IN (
        SELECT id FROM {table} WHERE campaign = :campaign FOR UPDATE SKIP LOCKED
    ) RETURNING *
)
INSERT INTO {table} (campaign, version, {by}, {count})
SELECT campaign, version, {by}, sum({count}) FROM gone
GROUP BY campaign, version, {by} HAVING sum({count}) <> 0
"""
FOLDS = (
    text(FOLD.format(table="enrolment_counts", by="ended_as", count="enrolments")),
    text(FOLD.format(table="message_counts", by="step, status, why", count="messages")),
)


@dataclass(frozen=True)
class Numbers:
    """How many leads are in a campaign now, and how many have ended it, by the name of the end.
    Those that are held out to compare with never came in."""

    in_it: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)
    held_out: int = 0

    @property
    def came_in(self) -> int:
        """All that ever did."""
        return self.in_it + self.ended_in_all

    @property
    def ended_in_all(self) -> int:
        """Under whatever name."""
        return sum(self.ended.values())

    @property
    def reached_the_goal(self) -> int:
        """Those for whom it ended with what the campaign is for."""
        return self.ended.get(GOAL, 0)


NOBODY = Numbers()


@dataclass(frozen=True)
class Messages:
    """What became of the messages of a campaign: how many, by step, state and why."""

    by: Mapping[tuple[str, str, str | None], int] = field(default_factory=dict)

    def of(self, *states: str, step: str | None = None) -> int:
        """How many are in these states; of one step, where it is named."""
        return sum(
            count
            for (at, status, _), count in self.by.items()
            if status in states and step in (None, at)
        )

    def why(self, state: str, step: str | None = None) -> list[tuple[str, int]]:
        """Why messages are in a state, and how many for that; the most frequent first."""
        found: Counter[str] = Counter()
        for (at, status, why), count in self.by.items():
            if status == state and step in (None, at):
                found[why or ""] += count
        return found.most_common()


NO_MESSAGES = Messages()


def counts(session: Session, name: str | None = None) -> dict[str, Numbers]:
    """How many are in each campaign and have ended it, by its name; ``name``: of this one alone."""
    total = func.sum(EnrolmentCount.enrolments)
    asked = (
        select(EnrolmentCount.campaign, EnrolmentCount.ended_as, total)
        .where(true() if name is None else EnrolmentCount.campaign == name)
        .group_by(EnrolmentCount.campaign, EnrolmentCount.ended_as)
    )
    found: defaultdict[str, dict[str | None, int]] = defaultdict(dict)
    for campaign, ended_as, count in session.execute(asked):
        if count:
            found[campaign][ended_as] = int(count)
    return {
        campaign: Numbers(
            by.get(None, 0),
            {end: n for end, n in by.items() if end is not None and end != HELD_OUT},
            by.get(HELD_OUT, 0),
        )
        for campaign, by in found.items()
    }


def messages_of(session: Session, name: str | None = None) -> dict[str, Messages]:
    """What became of the messages of each campaign, by its name; ``name``: of this one alone."""
    of = MessageCount.campaign, MessageCount.step, MessageCount.status, MessageCount.why
    asked = (
        select(*of, func.sum(MessageCount.messages))
        .where(true() if name is None else MessageCount.campaign == name)
        .group_by(*of)
    )
    found: defaultdict[str, dict[tuple[str, str, str | None], int]] = defaultdict(dict)
    for campaign, step, status, why, count in session.execute(asked):
        if count:
            found[campaign][step, status, why] = int(count)
    return {campaign: Messages(by) for campaign, by in found.items()}


def fold(session: Session, name: str) -> None:
    """Put the lines of a campaign together; no number changes by it."""
    for each in FOLDS:
        session.execute(each, {"campaign": name})
