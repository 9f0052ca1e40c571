"""Deliveries are accepted: kept as they came, each once, and nothing else happens to them here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from leadflow.database.copying import driver_connection
from leadflow.database.ids import new_id
from leadflow.outbox.service import enqueue
from leadflow.privacy.cipher_in_use import get_cipher
from leadflow.privacy.columns import json_text
from leadflow.sources.tables import DELIVERY_BODY, DELIVERY_HEADERS, InboxAtWork

LONGEST_ID = 200
# Arrivals within one such window start at most one run.
WINDOW_SECONDS = 1
# One that was asked for has begun by then, or another is asked for.
STARTS_WITHIN = timedelta(seconds=5)
Became = Literal["accepted", "known", "another"]
INSERT = """
INSERT INTO deliveries (id, source, delivery_id, body_hash, body, headers, received_at)
SELECT *, %s::timestamptz FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[],
    %s::bytea[])
ON CONFLICT (source, delivery_id) DO NOTHING
RETURNING id
"""
STORED = """
SELECT source, delivery_id, body_hash FROM deliveries
WHERE (source, delivery_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
"""
AT_WORK = "SELECT FROM inbox_at_work WHERE until > %s"


@dataclass(frozen=True)
class Arrival:
    """A request that is proved to be its source's. ``delivery_id`` None: the hash of its body tells
    it from others."""

    source: str
    delivery_id: str | None
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Accepted:
    """What became of an arrival: it was accepted, was known already, or has the id of another one,
    with another body, and is not kept."""

    became: Became
    delivery_id: str


def accept(session: Session, arrivals: Sequence[Arrival], now: datetime) -> list[Accepted]:
    """Keep these, each (source, delivery id) once; what became of each, in their order.

    Where nobody is looking at the inbox, a run of ``process_inbox`` is asked for by the outbox.
    """
    cipher = get_cipher()
    hashes = [cipher.blind_index(one.body.decode("latin-1"), DELIVERY_BODY) for one in arrivals]
    ids = [one.delivery_id or own for one, own in zip(arrivals, hashes, strict=True)]
    names = [new_id("dlv") for _ in arrivals]
    sources = [one.source for one in arrivals]
    # In one order, so that two who keep the same wait for each other and never cross.
    order = sorted(range(len(arrivals)), key=lambda place: (sources[place], ids[place], place))
    bodies = [cipher.encrypt(one.body.decode("latin-1"), DELIVERY_BODY) for one in arrivals]
    headers = [
        cipher.encrypt(json_text(dict(one.headers)), DELIVERY_HEADERS) if one.headers else None
        for one in arrivals
    ]
    columns = [
        [column[place] for place in order]
        for column in (names, sources, ids, hashes, bodies, headers)
    ]
    connection = driver_connection(session)
    new = {str(row[0]) for row in connection.execute(INSERT, [now, *columns]).fetchall()}
    left = [place for place in order if names[place] not in new]
    stored: dict[tuple[str, str], str] = {}
    if left:
        asked = [[sources[place] for place in left], [ids[place] for place in left]]
        rows = connection.execute(STORED, asked).fetchall()
        stored = {(source, own): digest for source, own, digest in rows}
    if new:
        ring(session, now)
    return [
        Accepted("accepted", ids[place])
        if names[place] in new
        else Accepted(
            "known" if stored[sources[place], ids[place]] == hashes[place] else "another",
            ids[place],
        )
        for place in range(len(arrivals))
    ]


def say_at_work(session: Session, until: datetime | None, now: datetime) -> None:
    """Say until when this process looks at the inbox, so that arrivals start no other; None: no
    more."""
    statement = insert(InboxAtWork).values(id=1, until=until or now)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[InboxAtWork.id], set_={"until": statement.excluded.until}
        )
    )


def ring(session: Session, now: datetime) -> None:
    """Have a run started, unless one is at work or has just been asked for."""
    at_work = driver_connection(session).execute(AT_WORK, [now]).fetchone()
    if at_work is None:
        key = f"process_inbox:{int(now.timestamp()) // WINDOW_SECONDS}"
        payload = {"deployment": "process_inbox", "parameters": {}, "key": key}
        enqueue(session, "start_flow_run", key, payload)
        say_at_work(session, now + STARTS_WITHIN, now)
