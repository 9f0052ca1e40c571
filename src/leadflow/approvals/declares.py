"""Declarations of approvals: the decision to forget reasons, and its act."""

from leadflow.approvals.approved_act import approved_act
from leadflow.approvals.configuration import CONFIGURATION as POLICIES
from leadflow.approvals.decision_kinds import DecisionKind
from leadflow.approvals.figures import GAUGES, QUEUES
from leadflow.approvals.forgetting import FORGET, KIND, carry_out_forgetting, content

__all__ = ["ACTS", "CONFIGURATION", "DECISION_KINDS", "GAUGES", "QUEUES"]

ACTS = (
    approved_act(
        FORGET, lambda session, _, payload, now: carry_out_forgetting(session, payload, now)
    ),
)
CONFIGURATION = (POLICIES,)
DECISION_KINDS = (DecisionKind(KIND, "Erasure of data", content),)
