"""Processing the inbox: deliveries are mapped and taken in, many at a time."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from leadflow.accounts.actors import Actor
from leadflow.database.copying import run
from leadflow.database.engine import unit_of_work
from leadflow.intake.records import take_records
from leadflow.intake.senders import Sender
from leadflow.leads.said import Origin
from leadflow.settings import Settings
from leadflow.sources.accepting import say_at_work
from leadflow.sources.causing import cause
from leadflow.sources.feedback import hear
from leadflow.sources.mapped import WHOLE, Came, Mapped, Reason, came_of
from leadflow.sources.mapping import map_deliveries
from leadflow.sources.service import StoredSource, sources_now
from leadflow.sources.tables import Delivery

if TYPE_CHECKING:
    from models.scores import Scorer

logger = logging.getLogger(__name__)
MOST, ATTEMPTS = 1000, 3
AT_WORK_FOR = timedelta(seconds=10)
ENDS = ("status", "reasons", "kinds", "processed_at", "version", "records", "left_out")
END = (
    f"UPDATE deliveries AS d SET {', '.join(f'{name} = ended.{name}' for name in ENDS)} "  # noqa: S608
    "FROM json_populate_recordset(NULL::deliveries, %(ends)s::json) AS ended WHERE d.id = ended.id"
)


@dataclass(frozen=True)
class Processed:
    """How many deliveries are dealt with, and of these how many are dead."""

    deliveries: int = 0
    dead: int = 0

    def __add__(self, other: "Processed") -> "Processed":
        return Processed(self.deliveries + other.deliveries, self.dead + other.dead)


class Held(NamedTuple):
    """A delivery that this unit of work holds."""

    source: str
    came: Came


def inbox_is_due(session: Session, settings: Settings, now: datetime) -> bool:
    """Whether any delivery waits to be processed."""
    waiting = select(Delivery.id).where(Delivery.status == "received").limit(1)
    return session.scalar(waiting) is not None


def process_some(
    engine: Engine, scorer: "Scorer | None", settings: Settings, now: datetime, most: int = MOST
) -> Processed:
    """Process the deliveries that have waited longest, at most so many, in one unit of work. What
    another process has in hand is left to it. Where that fails, each half is taken by itself, down
    to the one delivery that cannot be stored, which is dead.

    Raises:
        DBAPIError: the database does not answer, or others were writing the same; nothing is lost.
    """
    with unit_of_work(engine) as session:
        waiting = select(Delivery.id).where(Delivery.status == "received")
        ids = list(session.scalars(waiting.order_by(Delivery.id).limit(most)))
    return _process(engine, ids, scorer, settings, now)


def _process(
    engine: Engine,
    ids: Sequence[str],
    scorer: "Scorer | None",
    settings: Settings,
    now: datetime,
    attempt: int = 1,
) -> Processed:
    if not ids:
        return Processed()
    try:
        with unit_of_work(engine) as session:
            say_at_work(session, now + AT_WORK_FOR, now)
        with unit_of_work(engine) as session:
            return process(session, ids, scorer, settings, now)
    except (DBAPIError, psycopg.Error) as error:
        if not _by_its_content(error):
            raise
        failed: Exception = error
    except Exception as error:
        failed = error
    if len(ids) == 1 and attempt < ATTEMPTS and isinstance(failed, IntegrityError):
        # Another writer has taken an address or an id since it was looked up.
        return _process(engine, ids, scorer, settings, now, attempt + 1)
    if len(ids) == 1:
        logger.error("delivery %s cannot be stored", ids[0], exc_info=failed)
        with unit_of_work(engine) as session:
            rule = f"cannot be stored ({type(failed).__name__}); the log says more"
            reasons: dict[str, list[Reason]] = {ids[0]: [{"field": "body", "rule": rule}]}
            dead = _end(session, _lock(session, ids), [Mapped(reasons=reasons)], {}, now)
        return Processed(dead, dead)
    half = len(ids) // 2
    first = _process(engine, ids[:half], scorer, settings, now)
    return first + _process(engine, ids[half:], scorer, settings, now)


def _by_its_content(error: Exception) -> bool:
    """Whether the database refuses what is to be stored, and not to work at all."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, psycopg.errors.DataError | psycopg.errors.IntegrityError)


def process(
    session: Session,
    ids: Sequence[str],
    scorer: "Scorer | None",
    settings: Settings,
    now: datetime,
) -> Processed:
    """Map these deliveries and take in what they say; those that are no longer waiting, or that
    another process has in hand, are left alone."""
    rows, known = _lock(session, ids), sources_now(session)
    by_source: dict[str, list[Came]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row.came)
    mapped: list[Mapped] = []
    for name in sorted(by_source):
        stored = known.get(name)
        if stored is None:
            said = {"field": "source", "rule": "is no longer there: add it again, and retry"}
            mapped.append(Mapped(reasons={came.id: [said] for came in by_source[name]}))
            continue
        mapped.append(_take(session, stored, by_source[name], scorer, settings, now))
        cause(session, stored, mapped[-1], now)
    dead = _end(session, rows, mapped, {name: one.version for name, one in known.items()}, now)
    return Processed(len(rows), dead)


def _lock(session: Session, ids: Sequence[str]) -> list[Held]:
    waiting = select(Delivery.source, *WHOLE).where(
        Delivery.id.in_(ids), Delivery.status == "received"
    )
    held = waiting.order_by(Delivery.id).with_for_update(skip_locked=True)
    return [Held(row.source, came_of(row)) for row in session.execute(held)]


def _take(
    session: Session,
    stored: StoredSource,
    came: Sequence[Came],
    scorer: "Scorer | None",
    settings: Settings,
    now: datetime,
) -> Mapped:
    """Take in what deliveries of one source say: what it was, and what of it cannot be mapped or
    stored."""
    name = stored.name
    if stored.source.feedback is not None:
        return hear(session, stored.source.feedback, settings, came, now)
    mapped = map_deliveries(name, stored.source, came, now, settings.default_currency)
    if mapped.frame is None or not len(mapped.frame):
        return mapped
    sender = Sender(Actor("key", f"source:{name}", name))
    origin = Origin(name, "", now)
    taken = take_records(
        session, mapped.frame, mapped.events, origin, sender, scorer, settings, now
    )
    for place, error in taken.refused.items():
        reason: Reason = {"field": "events", "rule": str(error)}
        mapped.reasons.setdefault(mapped.of[place], []).append(reason)
    return mapped


def _end(
    session: Session,
    rows: Sequence[Held],
    mapped: Sequence[Mapped],
    versions: Mapping[str, int],
    now: datetime,
) -> int:
    """Note what became of deliveries, in one statement for all; how many are dead."""
    reasons = {own: why for one in mapped for own, why in one.reasons.items() if why}
    notes = {own: why for one in mapped for own, why in one.notes.items()}
    records = {own: count for one in mapped for own, count in one.records.items()}
    left_out = {own: count for one in mapped for own, count in one.left_out.items()}
    kinds = {own: sorted(set(names)) for one in mapped for own, names in one.kinds.items()}
    ended = now.isoformat()
    ends = [
        {
            "id": own,
            "status": "dead" if own in reasons else "processed",
            "reasons": reasons.get(own) or notes.get(own),
            "kinds": kinds.get(own),
            "processed_at": ended,
            "version": versions.get(row.source),
            "records": records.get(own),
            "left_out": left_out.get(own),
        }
        for row in rows
        for own in (row.came.id,)
    ]
    if ends:
        run(session, END, {"ends": json.dumps(ends)})
    return sum(row.came.id in reasons for row in rows)
