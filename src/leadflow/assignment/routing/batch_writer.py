"""Writing what a batch decided: decisions with their traces, assignments, and who found nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.choice.strategies import PARTS
from leadflow.assignment.routing import leftover
from leadflow.assignment.routing.decision_trace import packed
from leadflow.assignment.snapshots import TeamSnapshot
from leadflow.assignment.tables import AssignmentBatch
from leadflow.assignment.team.sla import first_times
from leadflow.database.copying import copy_rows
from leadflow.database.ids import new_id
from leadflow.database.outbox import enqueue

DECISION = (
    "id",
    "batch_id",
    "lead_id",
    "decided_at",
    "rule_id",
    "strategy",
    "rep_id",
    "reason",
    "masks",
    "totals",
    "parts",
    "free",
)
ASSIGNMENT = (
    "id",
    "lead_id",
    "rep_id",
    "strategy",
    "reason",
    "decision_id",
    "rule_id",
    "source",
    "assigned_by",
    "level",
    "probability",
    "segment",
    "assigned_at",
    "sla_minutes",
    "due_at",
    "next_step_at",
)


NOTIFY = "notify"


@dataclass(frozen=True)
class Batch:
    """What the decisions of one batch share. ``reminder_share``: of the time to the first touch,
    until a reminder."""

    source: str
    by: str
    at: datetime
    team: TeamSnapshot
    rules_version: int | None
    reminder_share: float


def write_batch(session: Session, batch: Batch, decisions: Sequence[Choice]) -> list[str]:
    """Write decisions and the assignments they make; returns the ids of the assignments.

    A lead that once more finds nobody, for the same reason, keeps its earlier decision.
    """
    fresh = leftover.without_repeated(session, decisions, batch.at)
    if not fresh:
        return []
    batch_id = _write_head(session, batch)
    ids = {made.lead.lead_id: new_id("decision") for made in fresh}
    rows = (decision_row(made, ids[made.lead.lead_id], batch_id, batch) for made in fresh)
    copy_rows(session, "assignment_decisions", DECISION, rows)
    given = [made for made in fresh if made.rep is not None]
    assigned = [assignment_row(made, ids[made.lead.lead_id], batch) for made in given]
    if assigned:
        copy_rows(session, "assignments", ASSIGNMENT, assigned)
    leftover.keep(session, fresh, ids, batch.at)
    told = [row[0] for row, made in zip(assigned, given, strict=True) if _tells_manager(made)]
    if told:
        payload = {"kind": "assigned", "batch_id": batch_id, "assignment_ids": told}
        enqueue(session, NOTIFY, f"assigned:{batch_id}", payload)
    return [row[0] for row in assigned]


def _write_head(session: Session, batch: Batch) -> str:
    made = AssignmentBatch(
        id=new_id("batch"),
        source=batch.source,
        decided_at=batch.at,
        team_version=batch.team.version,
        rules_version=batch.rules_version,
        rep_ids=[rep.rep_id for rep in batch.team.reps],
        parts={strategy: list(names) for strategy, names in PARTS.items()},
    )
    session.add(made)
    session.flush()
    return made.id


def decision_row(made: Choice, own_id: str, batch_id: str, batch: Batch) -> tuple[Any, ...]:
    """The values of ``DECISION``."""
    return (
        own_id,
        batch_id,
        made.lead.lead_id,
        batch.at,
        made.plan.rule_id,
        made.plan.strategy,
        None if made.rep is None else batch.team.reps[made.rep].rep_id,
        made.reason,
        *packed(made),
    )


def assignment_row(made: Choice, decision_id: str, batch: Batch) -> tuple[Any, ...]:
    """The values of ``ASSIGNMENT``, of a decision that chose somebody."""
    rep, minutes = batch.team.reps[made.rep or 0], made.plan.sla_minutes(made.lead.level)
    return (
        new_id("assign"),
        made.lead.lead_id,
        rep.rep_id,
        made.plan.strategy,
        made.reason,
        decision_id,
        made.plan.rule_id,
        batch.source,
        batch.by,
        made.lead.level,
        made.lead.probability,
        made.lead.segment,
        batch.at,
        minutes,
        *first_times(rep.calendar, batch.at, minutes, batch.reminder_share),
    )


def _tells_manager(made: Choice) -> bool:
    return made.plan.actions.notify_manager
