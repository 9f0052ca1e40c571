"""The steps of a gate: show the question, take the answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from leadflow.approvals import codes
from leadflow.approvals import service as approvals
from leadflow.approvals.decision_kinds import kind_of
from leadflow.approvals.tables import Approval
from leadflow.database.engine import unit_of_work
from leadflow.settings import get_settings
from tasks.run_names import say_in_name

WHY = """

The reason, in the words of who asks, is here: {address}
"""
HOW = """

---

**By the policy** {policy}. **Who may decide**: {who}.
**By** {due:%A %d %B %Y, %H:%M} UTC, then it goes to {then}.

**To decide**, fill in the form below: `approve` or `reject`, your username, a one-time code, and
your reason. The code is in the notification, or here: {address}
(where you can decide as well). It works once and for a short while.

Nothing happens without a decision.
"""


@dataclass(frozen=True)
class GateOutcome:
    """Whether the question is settled, and what became of the answer in words."""

    settled: bool
    words: str


@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=60)
def read_question(approval_id: str) -> str:
    """What is asked, in Markdown for the people who decide; as it stands at this moment."""
    with unit_of_work() as session:
        approval = approvals.get(session, approval_id)
        kind = kind_of(approval.kind).words
        head = f"**{kind}**, level {approval.level + 1} of {max(1, len(approval.levels))}\n\n"
        return head + approval.description + _how(approval)


# Asked anew each time the run wakes up: somebody may have decided elsewhere meanwhile.
@task(persist_result=False, cache_policy=NO_CACHE, timeout_seconds=60)
def find_verdict(approval_id: str) -> GateOutcome:
    """Whether the question has been settled already, through whichever door."""
    with unit_of_work() as session:
        approval = approvals.get(session, approval_id)
        _say(approval)
        return GateOutcome(approval.status != "waiting", approval.status)


@task(persist_result=True, timeout_seconds=60)
def take_decision(
    approval_id: str,
    decision: Literal["approve", "reject"],
    approver: str,
    code: str,
    reason: str,
) -> GateOutcome:
    """Take the answer of the form; one that does not count leaves the question open, says why and
    is kept in the record and the audit log."""
    with unit_of_work() as session:
        outcome = codes.decide_with_code(
            session, approval_id, decision, approver, code, reason, datetime.now(UTC)
        )
        _say(outcome.approval)
        settled = outcome.approval.status != "waiting"
        counted = outcome.counted and settled
        return GateOutcome(settled, outcome.approval.status if counted else outcome.words)


def _say(approval: Approval) -> None:
    say_in_name(kind_of(approval.kind).words.lower(), approval.status)


def _how(approval: Approval) -> str:
    left = [*approval.escalate_to, *approval.roles_now]
    address = f"{get_settings().address}/console/approvals/{approval.id}"
    why = WHY.format(address=address) if approval.asked_why else ""
    return why + HOW.format(
        policy=approval.policy.replace("_", " "),
        who=" or ".join(approval.roles_now),
        due=approval.due_at,
        then=left[0] if approval.escalate_to else "its end: " + approval.at_end.replace("_", " "),
        address=address,
    )
