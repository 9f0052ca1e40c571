"""The inbox as people look at it: what came, what is dead and why; correct, retry, discard."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from leadflow.audit import service as audit
from leadflow.paging.keyset import FIRST, Key, Page, Wanted, read_page
from leadflow.sources.accepting import ring
from leadflow.sources.bodies import BodyUnreadable, read_body
from leadflow.sources.mapped import Reason
from leadflow.sources.service import sources_now
from leadflow.sources.tables import Delivery

MOST_SHOWN = 500
NOT_THERE = "There is no delivery {}. See what there is: leadflow deliveries list."
# No status: processed, and nothing in it was wanted.
PASSED_OVER = "passed_over"
NO_SOURCE = (
    "Its source {} is no longer there, so it cannot be taken in: add it again first, leadflow "
    "sources apply FILE."
)
STATUSES = ("received", "processed", "dead", "discarded")


class DeliveryNotFound(LookupError):
    """There is no delivery with this id."""


class DeliveryElsewhere(ValueError):
    """What was asked cannot be done with a delivery in its state; the message says what can."""


class CorrectionRefused(ValueError):
    """What is given in the place of a body is none; the message says why. Nothing was stored."""


class NoSuchStatus(ValueError):
    """No delivery has such a status."""


@dataclass(frozen=True)
class Shown:
    """A delivery without its body. ``records``: how many it held, without those that ``only`` left
    out; None: not processed yet. ``reasons``: what cannot be mapped, or why nothing was wanted."""

    id: str
    source: str
    delivery_id: str
    status: str
    received_at: datetime
    processed_at: datetime | None
    records: int | None
    left_out: int | None
    version: int | None
    reasons: list[Reason]


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many deliveries there are of each source in each state; of those that are processed, also
    how many were passed over."""
    passed = func.count().filter(Delivery.records == 0)
    counted = select(Delivery.source, Delivery.status, func.count(), passed)
    rows = session.execute(counted.group_by(Delivery.source, Delivery.status)).tuples().all()
    found = {(source, status): count for source, status, count, _ in rows}
    return found | {
        (source, PASSED_OVER): count for source, status, _, count in rows if status == "processed"
    }


def deliveries(
    session: Session,
    status: str | None = None,
    source: str | None = None,
    wanted: Wanted = FIRST,
) -> Page[Shown]:
    """Deliveries, the newest first.

    Raises:
        NoSuchStatus: no delivery has such a status.
    """
    if status is not None and status not in STATUSES:
        raise NoSuchStatus(f"A status is one of {', '.join(STATUSES)}.")
    statement = select(Delivery)
    if status is not None:
        statement = statement.where(Delivery.status == status)
    if source is not None:
        statement = statement.where(Delivery.source == source)
    keys = (Key(Delivery.id, descending=True),)
    found = read_page(session, statement, keys, ("deliveries", status, source), wanted)
    return found.of(_shown)


@dataclass(frozen=True)
class Bodies:
    """What a delivery says, which is personal data: as it came, and as it was corrected, if it
    was."""

    came: bytes = field(repr=False)
    correction: bytes | None = field(repr=False)


def read_delivery(session: Session, delivery: str) -> tuple[Shown, Bodies]:
    """One delivery, with its body.

    Raises:
        DeliveryNotFound: there is none.
    """
    row = _row(session, delivery)
    return _shown(row), Bodies(row.body, row.correction)


def correct(session: Session, delivery: str, body: bytes, by: str, now: datetime) -> None:
    """Process a dead delivery again with another body, in the place of an earlier correction. The
    one that came is kept beside it, and is still known when it is sent again.

    Raises:
        DeliveryNotFound: there is none.
        DeliveryElsewhere: it is not dead.
        CorrectionRefused: the body is empty, or cannot be read.
    """
    row = _dead(session, delivery)
    source = sources_now(session).get(row.source)
    if source is None:
        raise CorrectionRefused(NO_SOURCE.format(row.source))
    if not body.strip():
        raise CorrectionRefused("The correction is empty. Give the whole body as it should be.")
    try:
        read_body(body, source.source.written_as(body))
    except BodyUnreadable as error:
        raise CorrectionRefused(f"{error} Nothing was stored; give the whole body.") from error
    row.correction, row.status, row.reasons, row.processed_at = body, "received", None, None
    session.flush()
    ring(session, now)
    audit.record(session, by, "delivery.corrected", delivery, {"source": row.source})


def retry(
    session: Session,
    ids: Sequence[str] | None,
    source: str | None,
    by: str,
    now: datetime,
    passed_over: bool = False,
) -> int:
    """Process deliveries again, by their source as it counts now: these, dead or processed; or all
    that are dead, of one source where one is named; or where ``passed_over``, all that are
    processed and of which something was left out, or all. How many that are.

    Raises:
        DeliveryNotFound: one of the ids is of none.
    """
    again = update(Delivery).values(status="received", reasons=None, processed_at=None)
    if ids is not None:
        there = set(session.scalars(select(Delivery.id).where(Delivery.id.in_(ids))))
        for missing in sorted(set(ids) - there):
            raise DeliveryNotFound(NOT_THERE.format(missing))
        again = again.where(Delivery.id.in_(ids))
    else:
        anything_left = (Delivery.records == 0) | (Delivery.left_out > 0)
        passed = (Delivery.status == "processed") & anything_left
        again = again.where(passed if passed_over else Delivery.status == "dead")
        if source is not None:
            again = again.where(Delivery.source == source)
    found = list(session.scalars(again.returning(Delivery.id)))
    if found:
        ring(session, now)
        about = {"deliveries": len(found)} | ({"source": source} if source else {})
        audit.record(session, by, "delivery.retried", found[0] if len(found) == 1 else "*", about)
    return len(found)


def discard(session: Session, delivery: str, by: str, now: datetime) -> None:
    """Let a dead delivery go; it is kept, and can be retried.

    Raises:
        DeliveryNotFound: there is none.
        DeliveryElsewhere: it is not dead.
    """
    row = _dead(session, delivery)
    row.status, row.processed_at = "discarded", now
    session.flush()
    audit.record(session, by, "delivery.discarded", delivery, {"source": row.source})


def forget_settled(session: Session, before: datetime) -> int:
    """Delete deliveries that were taken in, or let go, before a moment; how many that were."""
    settled = Delivery.status.in_(("processed", "discarded")) & (Delivery.processed_at < before)
    result = session.execute(delete(Delivery).where(settled))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _row(session: Session, delivery: str) -> Delivery:
    row = session.get(Delivery, delivery, with_for_update=True)
    if row is None:
        raise DeliveryNotFound(NOT_THERE.format(delivery))
    return row


def _dead(session: Session, delivery: str) -> Delivery:
    row = _row(session, delivery)
    if row.status != "dead":
        said = f"{delivery} is {row.status}. Only what is dead can be corrected or discarded."
        raise DeliveryElsewhere(said)
    return row


def _shown(row: Delivery) -> Shown:
    return Shown(
        row.id,
        row.source,
        row.delivery_id,
        row.status,
        row.received_at,
        row.processed_at,
        row.records,
        row.left_out,
        row.version,
        row.reasons or [],
    )
