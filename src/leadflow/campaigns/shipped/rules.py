"""The workflow rule that enrols in the welcome series, until somebody stores other rules."""

from typing import Any

WELCOME = "welcome_series_1"
WORKFLOW_RULES: tuple[dict[str, Any], ...] = (
    {
        "rule_id": "warm_or_hot",
        "name": "Warm and hot leads get the welcome series",
        "description": "Whoever becomes warm or hot, once it is launched.",
        "on": ["lead.level_changed"],
        "conditions": {
            "event.level": {"operator": "in", "value": ["warm", "hot"]},
            "any": [
                {"event.level_before": {"operator": "in", "value": ["cold", "unqualified"]}},
                {"event.level_before": {"operator": "is_empty"}},
            ],
        },
        "actions": {"enroll": {"campaign": WELCOME}},
        "priority": 30,
    },
)
