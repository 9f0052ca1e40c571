"""What a rule says of a lead, where one might think otherwise."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leadflow.conditions.evaluation import holds
from leadflow.conditions.operators import OPERATORS
from leadflow.conditions.tree import GROUPS, Reader
from leadflow.conditions.values import ValueKind
from leadflow.rules.field_catalogue import CATALOGUE, FAMILIES, SEGMENTS, kinds_of
from leadflow.rules.schemas import parse_rules
from leadflow.rules.service import first_match
from leadflow.rules.text_format import read_yaml
from tests.made_up import AnyActions

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GUIDE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()
LEAD = {
    "total_score": 80.0,
    "industry": "Retail 50%",
    "company_name": "École",
    "service_requirements": ["SEO", "crm"],
    "has_phone": False,
    "region": "",
    "created_at": NOW - timedelta(days=7),
    "known_from": NOW + timedelta(seconds=1),
    "attributes.seats": "12",
    "attributes.trial": True,
    "attributes.since": "2026-02-28",
    "attributes.gone": None,
}


def says(field: str, operator: str, value: Any) -> bool:
    reader = Reader(kinds_of)
    read = reader.read({field: {"operator": operator, "value": value}}, "conditions")
    assert reader.problems == []
    return holds(read, LEAD, NOW)


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("total_score", "greater_than", 80, False),
        ("total_score", "greater_or_equal", 80, True),
        ("total_score", "between", [80, 90], True),
        ("total_score", "in", [1, 80], True),
        ("probability", "less_than", 1, False),
        ("probability", "not_equals", 1, True),
        ("probability", "not_in", [1], True),
        ("level", "equals", "hot", False),
        ("level", "is_empty", True, True),
        ("region", "is_empty", True, True),
        ("region", "exists", False, True),
        ("region", "equals", "north", False),
        ("industry", "equals", "RETAIL 50%", True),
        ("industry", "contains", "l 5", True),
        ("industry", "contains", "r%l", False),
        ("industry", "contains", "_", False),
        ("industry", "starts_with", "rET", True),
        ("company_name", "equals", "éCOLE", True),
        ("service_requirements", "contains", "seo", True),
        ("service_requirements", "contains", "se", False),
        ("has_phone", "equals", False, True),
        ("has_phone", "exists", True, True),
        ("created_at", "within_last", "7d", True),
        ("created_at", "within_last", "36h", False),
        ("known_from", "within_last", "7d", False),
        ("created_at", "less_than", "2026-03-01", True),
        ("attributes.seats", "greater_than", 10, False),
        ("attributes.seats", "equals", 12, False),
        ("attributes.seats", "not_equals", 12, True),
        ("attributes.seats", "equals", "12", True),
        ("attributes.seats", "exists", True, True),
        ("attributes.trial", "equals", True, True),
        ("attributes.trial", "equals", 1, False),
        ("attributes.since", "within_last", "2w", True),
        ("attributes.since", "greater_than", "2026-02-27T23:59:59Z", True),
        ("attributes.gone", "is_empty", True, True),
        ("attributes.never_sent", "exists", True, False),
    ],
)
def test_a_test_means_what_the_guide_says(
    field: str, operator: str, value: Any, expected: bool
) -> None:
    assert says(field, operator, value) is expected


def test_groups_stand_beside_fields_and_in_each_other() -> None:
    low = {"total_score": {"operator": "less_than", "value": 50}}
    phone = {"has_phone": {"operator": "equals", "value": True}}
    high = {"total_score": {"operator": "exists"}}
    for conditions, expected in (
        ({"any": [low, high]}, True),
        ({"all": [low, high]}, False),
        ({"none": [low, phone]}, True),
        ({"none": [low, high]}, False),
        ({**high, "any": [low, phone]}, False),
        ({**high, "none": [{"all": [high, low]}]}, True),
        ({"any": [{**high, **phone}]}, False),
        ({"total_score": [high["total_score"], low["total_score"]]}, False),
    ):
        assert holds(Reader(kinds_of).read(conditions, "conditions"), LEAD, NOW) is expected, (
            conditions
        )


def test_the_highest_priority_is_tried_first_and_one_rule_counts() -> None:
    def named(rule_id: str, priority: int, fits: bool = True, active: bool = True) -> Any:
        conditions = {"total_score": {"operator": "exists", "value": fits}}
        known = {"rule_id": rule_id, "name": rule_id, "actions": {}, "active": active}
        return known | {"priority": priority, "conditions": conditions}

    rules = [named("d", 1), named("c", 5), named("b", 5), named("a", 9, fits=False)]
    read = parse_rules([*rules, named("e", 10, active=False)], AnyActions)
    assert [rule.rule_id for rule in read.in_order] == ["a", "b", "c", "d"]
    fits = first_match(read, LEAD, NOW)
    assert fits is not None
    assert fits.rule_id == "b"
    nothing = parse_rules({"rules": [rules[3]], "default": {"x": 1}}, AnyActions)
    assert first_match(nothing, LEAD, NOW) is None
    assert nothing.default is not None
    assert nothing.default.model_dump() == {"x": 1}


def rows(heading: str) -> list[list[str]]:
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return [line.split("|")[1:-1] for line in section.splitlines() if line.startswith("| `")]


def test_the_guide_has_every_operator_with_the_kinds_it_fits() -> None:
    said: dict[str, set[str]] = {}
    for name, fits, *_ in rows("Conditions"):
        kinds = set(ValueKind) if fits.strip() == "all" else set(fits.strip().split(", "))
        said.setdefault(name.strip(" `"), set()).update(kinds)
    assert said == {name: set(operator.kinds) for name, operator in OPERATORS.items()}
    assert all(f"`{how}`" in GUIDE for how in GROUPS)


def test_the_guide_has_every_field_with_its_kind() -> None:
    said = {
        name.strip(" `"): kind.strip()
        for names, kind, _ in rows("Fields")
        for name in names.split(",")
    }
    for family in FAMILIES:
        assert any(name.startswith(family) for name in said)
        said = {name: kind for name, kind in said.items() if not name.startswith(family)}
    assert said.pop(SEGMENTS) == ValueKind.TEXTS
    assert said == {name: field.kind for name, field in CATALOGUE.items()}


def test_the_guides_rule_set_can_be_used() -> None:
    example = GUIDE.split("```yaml\n")[1].split("```")[0]
    read = parse_rules(read_yaml(example), AnyActions, {"attributes.": {"trial": "boolean"}})
    assert [rule.rule_id for rule in read.in_order] == ["auto_assign_high_score", "warm_enterprise"]
