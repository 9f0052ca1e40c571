"""Declarations of drafts: the decision about a change of what is set up, and its act."""

from leadflow.drafts.decision import ACTS, DECISION_KINDS

__all__ = ["ACTS", "DECISION_KINDS"]
