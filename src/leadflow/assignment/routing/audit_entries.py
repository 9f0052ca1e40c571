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
NOBODY = Acting()


def audit_given(session: Session, batch: Batch, decisions: Sequence[Choice]) -> None:
    """One entry for each lead that was given to somebody. Leads that nobody can take are tried
    every minute; what is told of those is the alarm, not each try."""
    entries = _entries(batch, decisions, {})
    if entries:
        audit.record_many(session, entries)


def audit_soon(
    session: Session, batch: Batch, decisions: Sequence[Choice], requests: Mapping[str, Acting]
) -> None:
    """The same for leads that are handed out in the requests that brought them (by lead): they do
    not wait for the chain."""
    record_soon(session, _entries(batch, decisions, requests))


def _entries(
    batch: Batch, decisions: Sequence[Choice], requests: Mapping[str, Acting]
) -> list[Entry]:
    # Objects that entries share are written once for all of them.
    after = [{"rep": rep.rep_id} for rep in batch.team.reps]
    details: dict[int, dict[str, object]] = {}
    entries = []
    for made in decisions:
        if made.rep is None:
            continue
        detail = details.get(id(made.plan))
        if detail is None:
            detail = details[id(made.plan)] = {
                "source": batch.source,
                "rule": made.plan.rule_id or "default",
                "rules_version": batch.rules_version,
                "strategy": made.plan.strategy,
            }
        request = requests.get(made.lead.lead_id, NOBODY)
        entries.append(
            Entry(
                actor=batch.by,
                action=ASSIGNED,
                subject=made.lead.lead_id,
                detail=detail,
                why=made.reason,
                after=after[made.rep],
                origin=request.origin,
                request_id=request.request_id,
            )
        )
    return entries
