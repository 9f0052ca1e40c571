"""Declarations of assignment: the decision to reassign a lead, and the actions of its rules."""

from leadflow.approvals.approved_act import approved_act
from leadflow.approvals.decision_kinds import DecisionKind
from leadflow.assignment.choice.actions import AssignActions
from leadflow.assignment.configuration import CONFIGURATION as TERRITORIES
from leadflow.assignment.figures import QUEUES
from leadflow.assignment.routing import reopening
from leadflow.assignment.routing.rulebook import KIND, unknown_names
from leadflow.assignment.rule_actions import RULE_ACTIONS
from leadflow.assignment.work import reassignment
from leadflow.rules.rule_kinds import RuleKind

__all__ = ["ACTS", "CONFIGURATION", "DECISION_KINDS", "QUEUES", "RULE_ACTIONS", "RULE_KINDS"]

ACTS = (approved_act(reassignment.REASSIGN, reassignment.carry_out_reassignment),)
DECISION_KINDS = (
    DecisionKind(reassignment.KIND, "Assignment override", reassignment.content, of_lead=True),
)
CONFIGURATION = (TERRITORIES,)
RULE_KINDS = (
    RuleKind(KIND, AssignActions, unknown_names),
    RuleKind(reopening.KIND, reopening.ReopenActions),
)
