"""The steps of a gate: show the question, take the answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from leadflow.approvals import service as approvals
from leadflow.database.engine import unit_of_work

HOW = """
---
**To decide**, fill in the form below: `approve` or `reject`, your name, and your reason.
Due by {due:%A %d %B %Y, %H:%M} UTC. Nothing happens without a decision.
"""


@dataclass(frozen=True)
class Verdict:
    """Whether the question is settled, and what became of the answer in words."""

    settled: bool
    words: str


@task(persist_result=True)
def read_question(approval_id: str) -> str:
    """What is asked, in Markdown for the person who decides."""
    with unit_of_work() as session:
        approval = approvals.get(session, approval_id)
        return approval.description + HOW.format(due=approval.due_at)


# Asked anew each time the run wakes up: somebody may have decided elsewhere meanwhile.
@task(persist_result=False, cache_policy=NO_CACHE)
def find_verdict(approval_id: str) -> Verdict:
    """Whether the question has been settled already, through whichever door."""
    with unit_of_work() as session:
        approval = approvals.get(session, approval_id)
        return Verdict(approval.status != "waiting", approval.status)


@task(persist_result=True)
def take_decision(
    approval_id: str, decision: Literal["approve", "reject"], approver: str, reason: str
) -> Verdict:
    """Record the answer; one that does not count leaves the question open and says why."""
    try:
        with unit_of_work() as session:
            approval = approvals.decide(
                session, approval_id, decision, approver, reason, datetime.now(UTC)
            )
            return Verdict(True, approval.status)
    except approvals.DecisionRefused as error:
        return Verdict(False, str(error))
