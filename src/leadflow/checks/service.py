"""Keeping what checks of the data found, and what follows from it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.checks.tables import DataCheck

if TYPE_CHECKING:
    from expectations.checkpoint import Checked

# Rows become visible some time after the moment they carry: when their transaction ends.
OVERLAP = timedelta(hours=1)


class DataDoNotHold(RuntimeError):
    """A check found data of which nothing should be learned; nothing is promoted on them either."""

    def __init__(self, checks: Sequence[DataCheck]) -> None:
        found = "; ".join(f"{one.suite}: {in_words(one)}" for one in checks)
        super().__init__(
            f"The data do not hold what they must. {found}. Mend that and check again (leadflow "
            "checks run), or accept it as it is: leadflow checks accept "
            f'{checks[0].id} --reason "why"'
        )


class CheckNotFound(LookupError):
    """There is no such check."""

    def __init__(self, check_id: str) -> None:
        super().__init__(f"There is no check {check_id}. See: leadflow checks list")


class NothingToAccept(RuntimeError):
    """The check stops nothing, or a newer one says what holds now."""


def keep(
    session: Session,
    found: "Checked",
    now: datetime,
    since: datetime | None = None,
    docs: str | None = None,
) -> DataCheck:
    """Store what a suite found in the rows since a moment."""
    failed = [
        {
            "says": one.says,
            "severity": one.severity,
            "words": one.words,
            "examples": list(one.examples),
        }
        for one in found.failed
    ]
    row = DataCheck(
        suite=found.suite,
        checked_at=now,
        since=since,
        rows=found.rows,
        expectations=len(found.findings),
        held=found.held,
        stops=bool(found.stops),
        failed=failed,
        docs=docs,
    )
    session.add(row)
    session.flush()
    return row


def newest(session: Session) -> list[DataCheck]:
    """The last check of each suite, by name."""
    found = select(DataCheck).distinct(DataCheck.suite)
    by_age = found.order_by(DataCheck.suite, DataCheck.checked_at.desc(), DataCheck.id.desc())
    return list(session.scalars(by_age))


def stopping(session: Session) -> list[DataCheck]:
    """The last checks that stop training and promotion."""
    return [one for one in newest(session) if one.stops and one.accepted_at is None]


def refuse_where_data_fail(session: Session) -> None:
    """Called before anything is learned or promoted.

    Raises:
        DataDoNotHold: the last check of some suite stops it.
    """
    found = stopping(session)
    if found:
        raise DataDoNotHold(found)


def since_when(session: Session, suite: str) -> datetime | None:
    """From which moment on rows are looked at next: since the last check of the suite that stops
    nothing, so that what does not hold is looked at again until it is mended. None: all."""
    well = select(DataCheck).where(
        DataCheck.suite == suite, ~DataCheck.stops | DataCheck.accepted_at.is_not(None)
    )
    last = session.scalars(well.order_by(DataCheck.checked_at.desc()).limit(1)).first()
    return None if last is None else last.checked_at - OVERLAP


def listed(session: Session, suite: str | None, most: int) -> list[DataCheck]:
    """The newest checks first, of one suite or of all."""
    wanted = select(DataCheck).order_by(DataCheck.checked_at.desc(), DataCheck.id.desc())
    if suite is not None:
        wanted = wanted.where(DataCheck.suite == suite)
    return list(session.scalars(wanted.limit(most)))


def get(session: Session, check_id: str) -> DataCheck:
    """The check of this id.

    Raises:
        CheckNotFound: there is none.
    """
    found = session.get(DataCheck, check_id)
    if found is None:
        raise CheckNotFound(check_id)
    return found


def accept(session: Session, check_id: str, actor: str, reason: str, now: datetime) -> DataCheck:
    """Let training and promotion go on in spite of a check; the next of its suite looks at what has
    come since.

    Raises:
        CheckNotFound: there is no such check.
        NothingToAccept: it stops nothing (any more), or no reason is given.
    """
    check = get(session, check_id)
    if check.id not in {one.id for one in stopping(session)}:
        raise NothingToAccept(f"The check {check_id} stops nothing. See: leadflow checks list")
    if not reason.strip():
        raise NothingToAccept("Say why it is accepted; it is kept in the audit log.")
    check.accepted_at, check.accepted_by = now, actor
    audit.record(
        session,
        actor,
        "data_check.accepted",
        check.id,
        {"suite": check.suite, "failed": len(check.failed)},
        said=reason.strip(),
    )
    return check


def in_words(check: DataCheck) -> str:
    """What did not hold, in one line: what is critical, else all of it."""
    critical = [one for one in check.failed if one["severity"] == "critical"]
    return "; ".join(str(one["words"]) for one in critical or check.failed)
