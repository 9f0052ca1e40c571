"""Which decisions may be taken several at once, and why others are looked at alone. Pure."""

from leadflow.approvals.decision_kinds import KINDS
from leadflow.approvals.tables import Approval


def alone_because(approval: Approval) -> str | None:
    """Why a decision is taken on a page of its own; None where it may go with others.

    One person settles what goes with others, it is about one lead, and nothing of it is accepted
    by name. Each is still decided by itself, under its own policy.
    """
    if approval.payload.get("must_acknowledge"):
        return "It comes with warnings that are accepted by name."
    if len(approval.levels) > 1 or any(level["quorum"] > 1 for level in approval.levels):
        return "More than one person decides it."
    if approval.kind not in KINDS or not KINDS[approval.kind].of_lead:
        return "It is about more than one lead: see what it does first."
    return None
