"""Writing what a batch decided: decisions with their traces, assignments, and who found nobody."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.choice.strategies import PARTS
from leadflow.assignment.notices import Handed, tell_of_assignments
from leadflow.assignment.routing import leftover
from leadflow.assignment.routing.clocks import Times, clocks
from leadflow.assignment.routing.decision_columns import DECISION, decision_columns, decision_rows
from leadflow.assignment.snapshots import TeamSnapshot
from leadflow.database.copying import FEW, Kind, copy_columns, insert_rows, run, write_rows
from leadflow.database.ids import new_id

ASSIGNMENT: dict[str, Kind] = {
    "id": "text",
    "lead_id": "text",
    "rep_id": "text",
    "strategy": "text",
    "reason": "text",
    "decision_id": "text",
    "rule_id": "text",
    "source": "text",
    "assigned_by": "text",
    "level": "text",
    "probability": "number",
    "segment": "text",
    "assigned_at": "moment",
    "sla_minutes": "number",
    "clock_starts_at": "moment",
    "due_at": "moment",
    "next_step_at": "moment",
}

BATCH = """
INSERT INTO assignment_batches
    (id, source, decided_at, team_version, rules_version, rep_ids, parts, strategy_why)
VALUES (%(id)s, %(source)s, %(at)s, %(team_version)s, %(rules_version)s, %(rep_ids)s,
    %(parts)s::jsonb, %(strategy_why)s)
ON CONFLICT (id) DO NOTHING
"""


@dataclass(frozen=True)
class Batch:
    """What the decisions of one batch share. ``reminder_share``: of the time to the first touch,
    until a reminder; ``minutes_each``: working minutes that a salesperson needs for the first word
    to a lead; ``strategy_why``: why this strategy, where no rule and nobody named one."""

    source: str
    by: str
    at: datetime
    team: TeamSnapshot
    rules_version: int | None
    reminder_share: float
    minutes_each: float
    strategy_why: str | None = None


@dataclass(frozen=True)
class Given:
    """An assignment that was just made."""

    assignment_id: str
    lead_id: str
    rep_id: str
    since: datetime
    why: str
    due_at: datetime | None


def write_batch(session: Session, batch: Batch, decisions: Sequence[Choice]) -> None:
    """Write decisions as a batch of their own, and the assignments they make.

    A lead that once more finds nobody, for the same reason, keeps its earlier decision.
    """
    fresh = leftover.without_repeated(session, decisions, batch.at)
    if fresh:
        batch_id = new_id("batch")
        ensure_batch(session, batch, batch_id)
        write_decisions(session, batch, batch_id, fresh)


def write_decisions(
    session: Session, batch: Batch, batch_id: str, fresh: Sequence[Choice]
) -> dict[str, Given]:
    """Write decisions that join a batch which is written already, and the assignments they make;
    what was given, by lead. Up to ``FEW`` of them by the driver alone, without COPY."""
    ids = {made.lead.lead_id: new_id("decision") for made in fresh}
    words = [decision_words(made, ids[made.lead.lead_id], batch_id, batch) for made in fresh]
    given = [made for made in fresh if made.rep is not None]
    times = clocks(given, batch.team.reps, batch.at, batch.minutes_each, batch.reminder_share)
    assigned = [
        assignment_row(made, ids[made.lead.lead_id], batch, due)
        for made, due in zip(given, times, strict=True)
    ]
    if len(fresh) <= FEW:
        rows = decision_rows(words, fresh, batch.at)
        insert_rows(session, "assignment_decisions", DECISION, rows)
    else:
        copy_columns(session, "assignment_decisions", decision_columns(words, fresh, batch.at))
    write_rows(session, "assignments", ASSIGNMENT, assigned)
    leftover.keep(session, fresh, ids, batch.at)
    # A batch that requests share is written in parts: the first assignment names the part.
    if assigned:
        tell_of_assignments(session, assigned[0][0], [handed(made, batch) for made in given])
    return {row[1]: _given(dict(zip(ASSIGNMENT, row, strict=True))) for row in assigned}


def _given(row: Mapping[str, Any]) -> Given:
    return Given(
        assignment_id=row["id"],
        lead_id=row["lead_id"],
        rep_id=row["rep_id"],
        since=row["assigned_at"],
        why=row["reason"],
        due_at=row["due_at"],
    )


def ensure_batch(session: Session, batch: Batch, batch_id: str) -> None:
    """Write what the decisions of a batch share, unless it is there."""
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
            "parts": json.dumps({strategy: list(names) for strategy, names in PARTS.items()}),
            "strategy_why": batch.strategy_why,
        },
    )


def decision_words(
    made: Choice, own_id: str, batch_id: str, batch: Batch
) -> tuple[str | None, ...]:
    """The values of ``decision_columns.WORDS``."""
    return (
        own_id,
        batch_id,
        made.lead.lead_id,
        made.plan.rule_id,
        made.plan.strategy,
        None if made.rep is None else batch.team.reps[made.rep].rep_id,
        made.reason,
    )


def assignment_row(made: Choice, decision_id: str, batch: Batch, times: Times) -> tuple[Any, ...]:
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
        *times,
    )


def handed(made: Choice, batch: Batch) -> Handed:
    """What a decision that chose somebody is told by."""
    rep_id = batch.team.reps[made.rep or 0].rep_id
    return Handed(made.lead.lead_id, rep_id, made.lead.level, made.plan.actions.notify_manager)
