"""Rows that one process at a time works on: a claim with a lease, its attempt as fencing token.

Whoever claims a row holds it until its lease ends, and longer as long as it says so. A process that
dies says nothing more, and then the row is anybody's. Each claim is a new attempt with a number of
its own; what an earlier attempt comes back with is refused.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement, Integer, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from leadflow.database.base import Moment

OPEN = ("queued", "running")
# For the index on due_at that each such table has.
IS_OPEN = text(f"state IN {OPEN}")


class Leased:
    """The columns of such a row. ``queued``: it may be claimed from ``due_at`` on. ``running``:
    somebody holds it until ``due_at``. Other states are the table's own, and nobody claims those.
    """

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="queued")
    due_at: Mapped[datetime] = mapped_column(
        Moment,
        comment="When it may be claimed; while it is running, until when it is held.",
    )
    attempts: Mapped[int] = mapped_column(
        Integer, server_default="0", comment="How often it was claimed; only the last may write."
    )
    in_vain: Mapped[int] = mapped_column(
        Integer, server_default="0", comment="How often in a row that came to nothing."
    )
    held_by: Mapped[str | None] = mapped_column(Text, comment="The process that claimed it last.")


Row = TypeVar("Row", bound=Leased)


class ClaimLost(RuntimeError):
    """Somebody else works on this row by now, or nobody is to any more."""


@dataclass(frozen=True)
class Claim:
    """A row that this process may write to, as long as its attempt is the last."""

    row_id: str
    attempt: int


@dataclass(frozen=True)
class Leases(Generic[Row]):
    """The claims on a table's rows. ``lease`` is longer than whoever works takes from one word of
    theirs to the next; after ``most`` attempts in a row that came to nothing, nobody claims a row
    any more."""

    table: type[Row]
    lease: timedelta = timedelta(seconds=300)
    most: int = 5

    def claim(self, session: Session, holder: str, now: datetime) -> Claim | None:
        """Take the row that has been due for longest; None where there is none."""
        table = self.table
        due = (
            select(table)
            .where(table.state.in_(OPEN), table.due_at <= now, table.in_vain < self.most)
            .order_by(table.due_at, table.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = session.scalars(due).first()
        if row is None:
            return None
        row.state, row.held_by, row.due_at = "running", holder, now + self.lease
        row.attempts += 1
        row.in_vain += 1
        session.flush()
        return Claim(row.id, row.attempts)

    def hold(self, session: Session, claim: Claim) -> Row:
        """The row, as it is by now, locked for this transaction.

        Raises:
            ClaimLost: the claim does not stand any more.
        """
        table = self.table
        ours = select(table).where(
            table.id == claim.row_id, table.attempts == claim.attempt, table.state == "running"
        )
        fresh = ours.with_for_update().execution_options(populate_existing=True)
        row = session.scalars(fresh).first()
        if row is None:
            raise ClaimLost(f"{claim.row_id} is not held by attempt {claim.attempt} any more.")
        return row

    def extend(self, session: Session, claim: Claim, now: datetime, lasting: bool = False) -> Row:
        """Hold the row for another lease. ``lasting``: what was done so far is not lost with this
        attempt, so that it was not in vain.

        Raises:
            ClaimLost: as ``hold``.
        """
        row = self.hold(session, claim)
        row.due_at = now + self.lease
        if lasting:
            row.in_vain = 0
        return row

    def give_back(self, session: Session, claim: Claim, after: datetime, in_vain: bool) -> Row:
        """Let anybody claim the row from that moment on. ``in_vain``: something is wrong with it,
        and too many such attempts are the end.

        Raises:
            ClaimLost: as ``hold``.
        """
        row = self.hold(session, claim)
        row.state, row.due_at = "queued", after
        if not in_vain:
            row.in_vain = 0
        return row

    def abandoned(self, now: datetime) -> ColumnElement[bool]:
        """Of rows that nobody holds and nobody claims any more: too many attempts died."""
        table = self.table
        return table.state.in_(OPEN) & (table.in_vain >= self.most) & (table.due_at <= now)
