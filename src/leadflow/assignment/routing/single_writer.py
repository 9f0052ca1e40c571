"""Writing one decision of a request, in one statement."""

import json
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.choice.strategies import PARTS
from leadflow.assignment.routing.batch_writer import (
    ASSIGNMENT,
    DECISION,
    NOTIFY,
    Batch,
    assignment_row,
    decision_row,
)
from leadflow.database.copying import run
from leadflow.database.ids import new_id
from leadflow.database.outbox import enqueue

BATCH = """
INSERT INTO assignment_batches
    (id, source, decided_at, team_version, rules_version, rep_ids, parts)
VALUES (%(id)s, %(source)s, %(at)s, %(team_version)s, %(rules_version)s, %(rep_ids)s,
    %(parts)s::jsonb)
ON CONFLICT (id) DO NOTHING
"""
GIVEN = """
WITH decided AS (
    INSERT INTO assignment_decisions ({decision}) VALUES ({decision_values})
), settled AS (
    INSERT INTO assignment_turns (pool, owed)
    SELECT pool, owed FROM jsonb_to_recordset(%(turns)s::jsonb) AS t(pool text, owed jsonb)
    ON CONFLICT (pool) DO UPDATE SET owed = excluded.owed
), found AS (
    DELETE FROM unroutable_leads WHERE lead_id = %(d_lead_id)s
)
INSERT INTO assignments ({assignment}) VALUES ({assignment_values})
"""
NOBODY = """
WITH decided AS (
    INSERT INTO assignment_decisions ({decision}) VALUES ({decision_values})
)
INSERT INTO unroutable_leads (lead_id, since, last_tried_at, reason, decision_id)
VALUES (%(d_lead_id)s, %(d_decided_at)s, %(d_decided_at)s, %(d_reason)s, %(d_id)s)
ON CONFLICT (lead_id) DO UPDATE SET last_tried_at = excluded.last_tried_at,
    reason = excluded.reason, decision_id = excluded.decision_id
"""


def write_one(
    session: Session,
    batch: Batch,
    batch_id: str,
    made: Choice,
    turns: list[dict[str, Any]],
) -> None:
    """Write one decision, under a batch that is there, and the assignment it makes; ``turns``: the
    accounts that changed."""
    decision_id = new_id("decision")
    values = _named("d_", DECISION, decision_row(made, decision_id, batch_id, batch))
    if made.rep is None:
        run(session, _statement(NOBODY), values)
        return
    row = assignment_row(made, decision_id, batch)
    values |= _named("a_", ASSIGNMENT, row)
    run(session, _statement(GIVEN), values | {"turns": json.dumps(turns)})
    if made.plan.actions.notify_manager:
        payload = {"kind": "assigned", "batch_id": batch_id, "assignment_ids": [row[0]]}
        enqueue(session, NOTIFY, f"assigned:{row[0]}", payload)


def ensure_batch(session: Session, batch: Batch, batch_id: str) -> None:
    """Write the batch that requests share, unless it is there."""
    run(
        session,
        BATCH,
        {
            "id": batch_id,
            "source": batch.source,
            "at": batch.at,
            "team_version": batch.team.version,
            "rules_version": batch.rules_version,
            "rep_ids": [rep.rep_id for rep in batch.team.reps],
            "parts": json.dumps(PARTS),
        },
    )


def _named(prefix: str, names: tuple[str, ...], values: tuple[Any, ...]) -> dict[str, Any]:
    return {prefix + name: value for name, value in zip(names, values, strict=True)}


@lru_cache
def _statement(template: str) -> str:
    return template.format(
        decision=", ".join(DECISION),
        decision_values=", ".join(f"%(d_{name})s" for name in DECISION),
        assignment=", ".join(ASSIGNMENT),
        assignment_values=", ".join(f"%(a_{name})s" for name in ASSIGNMENT),
    )
