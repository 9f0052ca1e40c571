"""Declarations of follow-ups: fields for conditions, and what rules leave with a lead."""

from leadflow.follow_ups.fields import FIELDS
from leadflow.follow_ups.rule_actions import RULE_ACTIONS

__all__ = ["FIELDS", "RULE_ACTIONS"]
