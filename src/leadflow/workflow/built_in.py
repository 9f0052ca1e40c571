"""The workflow rules that count until somebody stores others: those here, and those that rooms
declare."""

from collections.abc import Iterable
from typing import Any

BUILT_IN: dict[str, Any] = {
    "rules": [
        {
            "rule_id": "high_score",
            "name": "High scores go to whoever converts most",
            "description": "Over 80, once: assigned where nobody has it yet, and the manager told.",
            "on": ["lead.scored"],
            "conditions": {
                "total_score": {"operator": "greater_than", "value": 80},
                "any": [
                    {"event.score_before": {"operator": "less_or_equal", "value": 80}},
                    {"event.score_before": {"operator": "is_empty"}},
                ],
            },
            "actions": {
                "assign": {"strategy": "performance_weighted"},
                "notify": {"to": ["manager"]},
            },
            "limits": {"per_lead": 1, "within": "30d"},
            "priority": 10,
        },
        {
            "rule_id": "high_score_high_budget",
            "name": "High scores with large budgets are for the manager too",
            "description": "Over 90 with a budget over 100,000, once.",
            "on": ["lead.scored", "lead.updated"],
            "conditions": {
                "total_score": {"operator": "greater_than", "value": 90},
                "budget": {"operator": "greater_than", "value": 100000},
            },
            "actions": {"escalate": {}, "notify": {"to": ["owner"]}},
            "limits": {"per_lead": 1, "within": "30d"},
            "priority": 20,
        },
    ]
}


def install(more: Iterable[dict[str, Any]]) -> None:
    """Let these be built in too."""
    BUILT_IN["rules"].extend(more)
