"""Enrolments of one version that have to be looked at: held, read, and written back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from leadflow.campaigns.definitions.program import Program
from leadflow.campaigns.interpreter.clock import moments_in, utc_of
from leadflow.campaigns.interpreter.enrolments import INSTANT, OPEN, Enrolments, Passed
from leadflow.campaigns.interpreter.zones import NEVER, Mask, Numbers
from leadflow.campaigns.places.placing import read, zones_of
from leadflow.campaigns.planning.stored_facts import Noted
from leadflow.database.copying import run

# Handed over so soon, a message is as good as sent at the moment for which it was planned: both
# sending and planning look each minute.
PUNCTUAL = timedelta(minutes=2)
# What is due, what has just come in, and those for which something was noted.
# ``handed_at``: when the message before the step at which it stands was handed over, where that was
# late; of one that waits still, the moment after this.
READ = """
WITH these AS (
    (SELECT id FROM enrolments e
        WHERE campaign = :campaign AND version = :version AND ended_at IS NULL AND due_at <= :now
            {of_part}
        ORDER BY due_at LIMIT :most)
    UNION
    (SELECT id FROM enrolments e
        WHERE campaign = :campaign AND version = :version AND ended_at IS NULL AND due_at IS NULL
            {of_part}
        LIMIT :most)
    UNION
    (SELECT e.id FROM enrolment_signals s JOIN enrolments e ON e.id = s.enrolment_id
        WHERE e.campaign = :campaign AND e.version = :version AND e.ended_at IS NULL {of_part}
        LIMIT :most)
)
SELECT e.id, e.lead_id, e.node, e.began_at, e.entered_at, e.due_at, e.places,
    l.merged_into IS NOT NULL AS merged, m.handed_at
FROM enrolments e JOIN leads l ON l.id = e.lead_id
LEFT JOIN LATERAL (
    SELECT step, status IN ('planned', 'claimed') AS waits,
        CASE WHEN status IN ('planned', 'claimed')
            THEN CAST(:now AS timestamptz) + interval '1 microsecond'
            ELSE coalesce(handed_at, sent_at) END AS handed_at
    -- Not by id alone: the order of the primary key would be walked through for each enrolment.
    FROM campaign_messages WHERE enrolment_id = e.id ORDER BY due_at DESC, id DESC LIMIT 1
) m ON (m.waits OR m.handed_at > e.entered_at + CAST(:punctual AS interval))
    -- It came where it stands in the moment of that message: nothing that takes time lies between.
    AND strpos(e.trail, to_char(e.entered_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z "')
        || m.step || ' ') > 0
WHERE e.id IN (SELECT id FROM these) AND e.ended_at IS NULL
ORDER BY e.id LIMIT :most
FOR NO KEY UPDATE OF e SKIP LOCKED
"""
READ_ALL = text(READ.format(of_part=""))
READ_PART = text(
    READ.format(of_part="AND mod(abs(CAST(hashtext(e.id) AS bigint)), :parts) = :part")
)
# Looked at in this transaction, and gone with it.
TAKE = text(
    """
WITH taken AS (
    DELETE FROM enrolment_signals WHERE enrolment_id = ANY (CAST(:ids AS text[])) RETURNING *
)
SELECT taken.enrolment_id, taken.event_id, d.at
FROM taken JOIN domain_events d ON d.id = taken.event_id
"""
)
WRITE = """
UPDATE enrolments e SET node = n.node, entered_at = n.entered_at, due_at = n.due_at,
    ended_at = n.ended_at, ended_as = n.ended_as, trail = e.trail || n.trail
FROM unnest(%(ids)s::text[], %(node)s::int[], %(entered_at)s::timestamptz[],
    %(due_at)s::timestamptz[], %(ended_at)s::timestamptz[], %(ended_as)s::text[], %(trail)s::text[])
    AS n (id, node, entered_at, due_at, ended_at, ended_as, trail)
WHERE e.id = n.id
"""


class Part(NamedTuple):
    """One of so many equal parts of a version's enrolments, from 0 on, by their ids: so that
    several look for what is due without finding the same."""

    part: int
    parts: int


@dataclass(frozen=True)
class Batch:
    """Enrolments that this transaction holds, numbered from 0, and what was noted for them.

    ``waited``: whether the step at which each stands has been looked at before; ``merged``: whether
    another lead stands for its lead now.
    """

    ids: Sequence[str]
    leads: Sequence[str]
    rows: Enrolments
    noted: Noted
    waited: Mask
    merged: Mask


def read_batch(
    session: Session, program: Program, version: int, now: datetime, most: int, part: Part | None
) -> Batch:
    """The enrolments of a version, or of a part of it, that have to be looked at, at most so many,
    without those that another process has in hand."""
    asked: dict[str, object] = {
        "campaign": program.name,
        "version": version,
        "now": now,
        "most": most,
        "punctual": PUNCTUAL,
    }
    if part is None:
        rows = session.execute(READ_ALL, asked).all()
    else:
        rows = session.execute(READ_PART, asked | part._asdict()).all()
    ids = [row.id for row in rows]
    places: dict[tuple[str, ...], int] = {}
    numbers = [places.setdefault(tuple(row.places), len(places)) for row in rows]
    sets = [read(one) for one in places]
    due = utc_of([row.due_at for row in rows])
    since = utc_of([row.handed_at for row in rows])
    node = np.array([row.node for row in rows], dtype=np.int64)
    nothing = np.full(len(rows), OPEN, dtype=np.int64)
    enrolments = Enrolments(
        lead=np.arange(len(rows), dtype=np.int64),
        node=node,
        entered=utc_of([row.entered_at for row in rows]),
        # Reckoned anew where it is a pause after a message that was handed over late.
        due=np.where(np.isnat(since) | ~_pauses(program)[node], due, NEVER),
        # Each event is looked at once, as it is noted: none is too old to be heard of.
        checked=utc_of([row.began_at for row in rows]) - INSTANT,
        ended=nothing,
        ended_at=utc_of([None] * len(rows)),
        zones=zones_of(sets, numbers, program.campaign.holidays, now.year),
        since=since,
    )
    return Batch(
        ids,
        [row.lead_id for row in rows],
        enrolments,
        _noted(session, ids),
        ~np.isnat(due),
        np.array([row.merged for row in rows], dtype=bool),
    )


def _pauses(program: Program) -> Mask:
    """Of each step, by its number, whether time passes in it."""
    return np.array([node.kind in ("wait", "listen") for node in program.nodes], dtype=bool)


def _noted(session: Session, ids: Sequence[str]) -> Noted:
    numbers = {own: number for number, own in enumerate(ids)}
    rows = session.execute(TAKE, {"ids": list(ids)}).all() if ids else []
    of, event = [numbers[row[0]] for row in rows], [row[1] for row in rows]
    at = utc_of([row[2] for row in rows])
    return Noted(np.array(of, dtype=np.int64), np.array(event, dtype=np.int64), at)


def write_batch(session: Session, batch: Batch, passed: Sequence[Passed]) -> None:
    """Write where the enrolments stand now."""
    rows, trails = batch.rows, _trails(len(batch.ids), passed)
    ends = [rows.ends[one] if one != OPEN else None for one in rows.ended.tolist()]
    values: Mapping[str, Any] = {
        "ids": list(batch.ids),
        "node": np.minimum(rows.node, np.iinfo(np.int32).max).tolist(),
        "entered_at": moments_in(rows.entered),
        "due_at": moments_in(rows.due),
        "ended_at": moments_in(rows.ended_at),
        "ended_as": ends,
        "trail": trails,
    }
    run(session, WRITE, values)


def _trails(count: int, passed: Sequence[Passed]) -> list[str]:
    """For each enrolment a line for each way that it took now."""
    lines = [""] * count
    for one in passed:
        step = "*" if one.node is None else one.node.name
        way = f"{one.way} (skipped)" if one.skipped else one.way
        shown = np.datetime_as_string(one.at, unit="s").tolist()
        for row, at in zip(_list(one.rows), shown, strict=True):
            lines[row] += f"{at}Z {step} {way}\n"
    return lines


def _list(rows: Numbers) -> list[int]:
    numbers: list[int] = rows.tolist()
    return numbers
