"""Audit entries of assignments: which lead went to whom, by which rule, and why."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from leadflow.assignment.choice.plan import Choice
from leadflow.assignment.routing.batch_writer import Batch
from leadflow.audit import service as audit
from leadflow.audit.context import Acting
from leadflow.audit.entries import Entry
from leadflow.audit.queue import record_soon

ASSIGNED = "lead.assigned"


def audit_given(session: Session, batch: Batch, decisions: Sequence[Choice]) -> None:
    """One entry for each lead that was given to somebody. Leads that nobody can take are tried
    every minute; what is told of those is the alarm, not each try."""
    entries = [_entry(batch, made) for made in decisions if made.rep is not None]
    if entries:
        audit.record_many(session, entries)


def audit_soon(
    session: Session, batch: Batch, decisions: Sequence[Choice], requests: Mapping[str, Acting]
) -> None:
    """The same for leads that are handed out in the requests that brought them (by lead): they do
    not wait for the chain."""
    record_soon(
        session,
        [
            _entry(batch, made, requests.get(made.lead.lead_id))
            for made in decisions
            if made.rep is not None
        ],
    )


def _entry(batch: Batch, made: Choice, request: Acting | None = None) -> Entry:
    rep = None if made.rep is None else batch.team.reps[made.rep].rep_id
    return Entry(
        actor=batch.by,
        action=ASSIGNED,
        subject=made.lead.lead_id,
        detail={
            "source": batch.source,
            "rule": made.plan.rule_id or "default",
            "rules_version": batch.rules_version,
            "strategy": made.plan.strategy,
        },
        why=made.reason,
        after={"rep": rep},
        origin=None if request is None else request.origin,
        request_id=None if request is None else request.request_id,
    )
