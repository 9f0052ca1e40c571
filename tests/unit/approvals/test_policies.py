"""The policies Leadflow begins with, and what is refused when policies are written."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.approvals.policies import PoliciesInvalid, parse_policies, shipped

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
ONE = {"policy": "one", "decision": "campaign", "levels": [{"roles": ["admin"]}]}


@pytest.mark.parametrize(
    ("decision", "facts", "levels", "hours"),
    [
        ("score_override", {"change": 30}, [], None),
        ("score_override", {"change": 30.1}, [["sales_manager"]], 24),
        ("score_override", {"change": 40, "priority": "urgent"}, [["sales_manager"]], 6),
        ("score_override", {"change": 40, "priority": "high"}, [["sales_manager"]], 12),
        ("score_override", {"change": 40, "priority": "low"}, [["sales_manager"]], 48),
        ("assignment_override", {"requester_roles": ["sales_rep"]}, [["sales_manager"]], 4),
        ("assignment_override", {"requester_roles": ["sales_manager"]}, [], None),
        ("campaign", {"spend": 100, "audience": 10}, [["marketing_manager"]], 48),
        ("campaign", {"spend": 20000}, [["marketing_manager"], ["admin"]], 48),
        ("campaign", {"audience": 20000}, [["marketing_manager"], ["admin"]], 48),
        ("model_promotion", {}, [["data_scientist"], ["sales_manager"]], 72),
        ("data_export", {}, [["admin"]], 24),
        ("data_erasure", {}, [["admin"]], 24),
        ("something_new", {}, [["admin"]], 24),
    ],
)
def test_the_shipped_policies_ask_whom_the_guide_says(
    decision: str, facts: dict[str, Any], levels: list[list[str]], hours: float | None
) -> None:
    needed = shipped().requirement(decision, facts, NOW)
    assert [[role.value for role in level.roles] for level in needed.levels] == levels
    if hours is not None:
        assert needed.hours == hours
        assert needed.escalate_to[-1] == "admin"
        assert needed.at_end == "reject"


def test_hours_are_working_hours() -> None:
    friday = datetime(2026, 3, 6, 16, tzinfo=UTC)
    assert shipped().after(friday, 4) == datetime(2026, 3, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("nothing", "policies"),
        ({}, "policies"),
        ({"policies": [ONE, ONE]}, "policies[1].policy"),
        ({"policies": [ONE | {"levels": [{"roles": ["boss"]}]}]}, "policies[0].levels[0].roles[0]"),
        ({"policies": [ONE | {"levels": [{"roles": []}]}]}, "policies[0].levels[0].roles"),
        (
            {"policies": [ONE | {"levels": [{"roles": ["admin"], "quorum": 0}]}]},
            "policies[0].levels[0].quorum",
        ),
        ({"policies": [ONE | {"hours": 0}]}, "policies[0].hours"),
        ({"policies": [ONE | {"at_end": "approve"}]}, "policies[0].at_end"),
        ({"policies": [ONE | {"whom": "me"}]}, "policies[0].whom"),
        ({"policies": [ONE | {"when": {"size": {"operator": "exists"}}}]}, "policies[0].when.size"),
        (
            {"policies": [ONE | {"when": {"change": {"operator": "above", "value": 1}}}]},
            "policies[0].when.change.operator",
        ),
        ({"policies": [ONE], "calendar": {"time_zone": "Mars/Base"}}, "calendar"),
        ({"policies": [ONE], "calendar": {"hours": {"mon": ["9-5"]}}}, "calendar"),
        ({"policies": [ONE], "priorities": {"urgent": 0}}, "priorities.urgent"),
    ],
)
def test_policies_that_cannot_be_used_are_refused_with_the_place(raw: Any, place: str) -> None:
    with pytest.raises(PoliciesInvalid) as refused:
        parse_policies(raw)
    assert place in {problem.place for problem in refused.value.problems}


def test_a_role_that_stands_twice_is_asked_once() -> None:
    twice = {"levels": [{"roles": ["admin", "analyst", "admin"]}], "escalate_to": ["operator"] * 2}
    needed = parse_policies({"policies": [ONE | twice]}).requirement("campaign", {}, NOW)
    assert [list(level.roles) for level in needed.levels] == [["admin", "analyst"]]
    assert needed.escalate_to == ("operator", "admin")
