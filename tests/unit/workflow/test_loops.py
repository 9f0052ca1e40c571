"""Rules that would set each other off without end are found, and no others."""

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow.conditions.rule_actions import GONE, UNKNOWN, member
from leadflow.conditions.tree import Reader
from leadflow.conditions.values import ValueKind
from leadflow.workflow.loops import Step, endless

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = {"total_score": ValueKind.NUMBER, "tags": ValueKind.TEXTS}
TAGGED = frozenset({"lead.tagged"})
UPDATED = frozenset({"lead.updated"})
EDIT = frozenset({"lead.updated", "lead.scored"})


def step(
    rule_id: str,
    conditions: dict[str, Any],
    sets: dict[str, Any],
    on: frozenset[str] = UPDATED,
    causes: frozenset[str] = EDIT,
    tells: dict[str, Any] | None = None,
) -> Step:
    reader = Reader(lambda name: (KINDS.get(name, ValueKind.TEXT),))
    read = reader.read(conditions, "conditions")
    assert not reader.problems
    return Step(rule_id, on, read, causes, sets, tells=tells or {})


def tagging(rule_id: str, conditions: dict[str, Any], put: str, off: str | None) -> Step:
    """A rule that puts a tag on as one is put on, and takes one off."""
    sets = {"tags": UNKNOWN, member("tags", put): True}
    if off is not None:
        sets[member("tags", off)] = GONE
    return step(rule_id, conditions, sets, TAGGED, TAGGED, {"event.tag": [put]})


def has(tag: str) -> dict[str, Any]:
    return {"tags": {"operator": "contains", "value": tag}}


def is_(**fields: Any) -> dict[str, Any]:
    return {name: {"operator": "equals", "value": value} for name, value in fields.items()}


def is_not(**fields: Any) -> dict[str, Any]:
    return {name: {"operator": "not_equals", "value": value} for name, value in fields.items()}


ENDLESS = {
    "back and forth": [
        step("a", is_(industry="x"), {"industry": "y"}),
        step("b", is_(industry="y"), {"industry": "x"}),
    ],
    "by way of three": [
        step("a", is_(industry="x"), {"industry": "y"}),
        step("b", is_(industry="y"), {"industry": "z"}),
        step("c", is_(industry="z"), {"industry": "x"}),
    ],
    "where nothing else changes": [
        step("a", {**is_(industry="x"), **is_(country="at")}, {"industry": "y"}),
        step("b", {"any": [is_(industry="y"), is_(industry="z")]}, {"industry": "x"}),
    ],
    "by what it is not": [
        step("a", is_not(industry="y"), {"industry": "y"}),
        step("b", {"none": [is_(industry="x")]}, {"industry": "x"}),
    ],
}
ENDLESS |= {
    "by the tags that are put on": [
        tagging("a", is_(**{"event.tag": "x"}), "y", "x"),
        tagging("b", is_(**{"event.tag": "y"}), "x", "y"),
    ],
    "by the tags there are": [
        tagging("a", has("x"), "y", "x"),
        tagging("b", has("y"), "x", "y"),
    ],
    "from hand to hand": [
        step("a", is_(country="at"), {"(owner)": "ann"}),
        step("b", is_(country="at"), {"(owner)": "bob"}),
    ],
}
ENDING = {
    "a tag that stays is not put on again": [
        tagging("a", is_(country="at"), "y", None),
        tagging("b", is_(country="at"), "x", "z"),
    ],
    "taking a tag off is nothing to act on": [
        tagging("a", is_(country="at"), "y", "x"),
        tagging("b", is_(**{"event.tag": "y"}), "z", "x"),
    ],
    "the tag it waits for is taken off": [
        tagging("a", has("x"), "y", "x"),
        tagging("b", has("y"), "z", "y"),
    ],
    "another tag is put on than it acts on": [
        tagging("a", is_(**{"event.tag": "x"}), "y", "x"),
        tagging("b", is_(**{"event.tag": "y"}), "z", "y"),
    ],
    "from hand to the same hand": [
        step("a", is_(country="at"), {"(owner)": "ann"}),
        step("b", is_(country="at"), {"(owner)": "ann"}),
    ],
    "it sets itself off no more": [step("a", is_(country="at"), {"industry": "y"})],
    "one after the other": [
        step("a", is_(industry="x"), {"industry": "y"}),
        step("b", is_(industry="y"), {"industry": "z"}),
    ],
    "the same again is no change": [
        step("a", is_(country="at"), {"industry": "y"}),
        step("b", is_(industry="y"), {"timeline": "soon"}),
    ],
    "it depends on the score": [
        step(
            "a",
            {"total_score": {"operator": "greater_than", "value": 80}},
            {"industry": "y", "total_score": UNKNOWN},
        ),
        step("b", is_(industry="y"), {"industry": "x", "total_score": UNKNOWN}),
    ],
    "it depends on what happened": [
        step("a", {**is_(industry="x"), **is_(**{"event.because": "score"})}, {"industry": "y"}),
        step("b", is_(industry="y"), {"industry": "x"}),
    ],
    "nobody acts on it": [
        step("a", is_(industry="x"), {"industry": "y"}, on=frozenset({"lead.created"})),
        step("b", is_(industry="y"), {"industry": "x"}, on=frozenset({"lead.created"})),
    ],
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_circle_without_end_is_named(name: str) -> None:
    steps = ENDLESS[name]
    assert endless(steps, NOW) == [each.rule_id for each in steps]
    assert sorted(endless(steps[::-1], NOW) or []) == sorted(each.rule_id for each in steps)


@pytest.mark.parametrize("name", ENDING)
def test_what_ends_is_let_through(name: str) -> None:
    assert endless(ENDING[name], NOW) is None


def test_many_rules_that_lead_to_each_other_take_no_time_without_end() -> None:
    steps = [step(f"r{number}", is_(country="at"), {"industry": "y"}) for number in range(200)]
    assert endless(steps, NOW) is None
