"""A rule set that cannot be used says everything that is wrong with it, each with its place."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from leadflow.conditions.problems import RuleSetInvalid
from leadflow.conditions.tree import DEEPEST, MOST_CHECKS
from leadflow.rules.field_catalogue import Known
from leadflow.rules.rule_kinds import UnknownRuleKind, kind_of
from leadflow.rules.schemas import MOST_RULES, parse_rules
from tests.made_up import AnyActions

AT = "rules[0].conditions"
ATTRIBUTES = {"seats": "numeric", "plan": "categorical", "trial": "boolean", "since": "date"}


class Actions(BaseModel):
    """What a room may do."""

    model_config = ConfigDict(extra="forbid")

    strategy: Literal["hybrid", "round_robin"]
    notify: list[bool] = []


KNOWN = {"attributes.": ATTRIBUTES, "events.": {"demo": "demo", "meeting": "meeting"}}


def rule(conditions: Any = None, **more: Any) -> dict[str, Any]:
    fits = {"level": check("equals", "hot")} if conditions is None else conditions
    known = {"rule_id": "a", "name": "A", "conditions": fits, "actions": {"strategy": "hybrid"}}
    return known | more


def check(operator: str, *value: Any) -> dict[str, Any]:
    return {"operator": operator} | ({"value": value[0]} if value else {})


def problems(content: Any, known: Known | None = KNOWN) -> dict[str, str]:
    with pytest.raises(RuleSetInvalid) as refused:
        parse_rules(content, Actions, known)
    return {found.place: found.problem for found in refused.value.problems}


REFUSED: list[tuple[Any, str, str]] = [
    ({"total_scor": check("exists")}, ".total_scor", "Did you mean total_score"),
    ({"email": check("exists")}, ".email", "There is no field 'email'"),
    ({"attributes.seat": check("exists")}, ".attributes.seat", "Did you mean attributes.seats"),
    ({"attributes.Seats'": check("exists")}, ".attributes.Seats'", "small letters"),
    ({"events.demos.count": check("exists")}, ".events.demos.count", "Did you mean demo"),
    ({"events.demo.total": check("exists")}, ".events.demo.total", "events.demo.count, count_7d"),
    ({"events.demo": check("exists")}, ".events.demo", "last_at"),
    ({"events.demo.count": check("equals", "x")}, ".events.demo.count.value", "a number"),
    ({"events.demo.last_at": check("less_than", 3)}, ".events.demo.last_at.value", "moment"),
    ({"event.demo.count": check("exists")}, ".event.demo.count", "There is no field"),
    ({3: check("exists")}, " (the key 3)", "Write text in quotes"),
    ({"level": check("equal", "hot")}, ".level.operator", "Did you mean equals"),
    ({"level": {"value": "hot"}}, ".level.operator", "Say one of equals,"),
    # What its field never is would fit no lead, without a word.
    ({"level": check("equals", "hott")}, ".level.value", "hot, warm, cold or unqualified"),
    ({"regime": check("equals", "modell")}, ".regime.value", "rubric, blend or model"),
    ({"regime": check("in", ["model", "rubrik"])}, ".regime.value", "rubric, blend or model"),
    ({"regime": check("not_equals", "blended")}, ".regime.value", "rubric, blend or model"),
    ({"level": check("equals")}, ".level.value", 'with: {operator: equals, value: "hot"}'),
    ({"level": check("in")}, ".level.value", '{operator: in, value: ["hot", "unqualified"]}'),
    ({"total_score": check("between")}, ".total_score.value", "{operator: between, value: [10, 50"),
    ({"created_at": check("within_last")}, ".created_at.value", 'within_last, value: "7d"}'),
    ({"created_at": check("between", 3)}, ".created_at.value", '["2026-03-01", "2026-03-31"]'),
    ({"total_score": {"value": 9}}, ".total_score.operator", "between, in, not_in, is_empty,"),
    ({"total_score": check("in", 9)}, ".total_score.value", "such as [10, 50]"),
    ({"level": check("equals", "hot") | {"values": 1}}, ".level.values", "no such key"),
    ({"level": "hot"}, ".level", "Write {operator: equals, value: \"hot\"}, not 'hot'"),
    ({"level": ["hot", "warm"]}, ".level", 'Write {operator: in, value: ["hot", "warm"]}, not ['),
    ({"level": "hott"}, ".level", 'Write {operator: equals, value: "hot"}, not'),
    ({"total_score": 80}, ".total_score", "Write {operator: equals, value: 80}, not 80"),
    ({"total_score": [1, 2]}, ".total_score", "Write {operator: in, value: [1, 2]}, not"),
    ({"has_phone": True}, ".has_phone", "Write {operator: equals, value: true}, not true"),
    ({"has_phone": [True]}, ".has_phone", "Write {operator: equals, value: true}, not [True]"),
    ({"created_at": "2026-03-02"}, ".created_at", '{operator: greater_or_equal, value: "2026-03-0'),
    ({"service_requirements": "x"}, ".service_requirements", '{operator: contains, value: "x"}'),
    ({"level": None}, ".level", "Write {operator: is_empty}, not nothing"),
    ({"levle": "hot"}, ".levle", 'Write {operator: equals, value: "hot"}, not'),
    ({"level": []}, ".level", "at least one test"),
    ({"level": [check("exists"), 3]}, ".level[1]", "not 3"),
    ({"level": check("greater_than", 3)}, ".level.operator", "level is a text"),
    ({"total_score": check("starts_with", "8")}, ".total_score.operator", "is a number"),
    ({"total_score": check("equals", "80")}, ".total_score.value", "a number such as 80"),
    ({"total_score": check("equals", True)}, ".total_score.value", "a number such as 80"),
    ({"total_score": check("equals", None)}, ".total_score.value", "a number such as 80"),
    ({"total_score": check("between", [9, 1])}, ".total_score.value", "lower one first"),
    ({"total_score": check("between", [9])}, ".total_score.value", "lowest and the highest"),
    ({"total_score": check("between", [1, "9"])}, ".total_score.value", "not '9'"),
    ({"level": check("in", [])}, ".level.value", "at least one value"),
    ({"level": check("in", "hot")}, ".level.value", "a list"),
    ({"level": check("in", ["x"] * 1001)}, ".level.value", "at most 1,000"),
    ({"level": check("in", ["hot", 3])}, ".level.value", "a text in quotes"),
    ({"level": check("equals", "")}, ".level.value", "is_empty"),
    ({"level": check("equals", "x" * 1001)}, ".level.value", "1,000 characters"),
    ({"level": check("exists", "yes")}, ".level.value", "true or false"),
    ({"has_phone": check("equals", "yes")}, ".has_phone.value", "true or false"),
    ({"service_requirements": check("equals", "x")}, ".service_requirements.operator", "contains"),
    ({"created_at": check("within_last", "7")}, ".created_at.value", "a number and a unit"),
    ({"created_at": check("within_last", "0d")}, ".created_at.value", "at least one minute"),
    ({"created_at": check("within_last", "99999999w")}, ".created_at.value", "36500 days"),
    ({"created_at": check("within_last", 7)}, ".created_at.value", "a number and a unit"),
    ({"created_at": check("less_than", "2026-02-30")}, ".created_at.value", "2026-03-01"),
    ({"attributes.seats": check("equals", "x")}, ".attributes.seats.value", "a number"),
    ({"attributes.seats": check("contains", "x")}, ".attributes.seats.operator", "is a number"),
    ({"attributes.trial": check("in", [True])}, ".attributes.trial.operator", "is a boolean"),
    ({"attributes.since": check("equals", "2026-03-01")}, ".attributes.since.operator", "moment"),
    ({}, "", "at least one condition"),
    ([], "", "Write a mapping"),
    (None, "", "Write a mapping"),
    ({"any": []}, ".any", "at least one condition"),
    ({"any": {}}, ".any", "at least one condition"),
    ({"any": [{}]}, ".any[0]", "at least one condition"),
    ({"all": [{"none": [3]}]}, ".all[0].none[0]", "Write a mapping"),
]


@pytest.mark.parametrize(("conditions", "place", "said"), REFUSED, ids=str)
def test_a_condition_that_cannot_be_used_is_refused_at_its_place(
    conditions: Any, place: str, said: str
) -> None:
    content = rule() | {"conditions": conditions}
    found = problems([content])
    [(where, why)] = found.items()
    assert where.endswith(place)
    assert where.startswith(AT)
    assert said in why


def test_everything_that_is_wrong_is_said_at_once() -> None:
    wrong = {"any": [{"total_score": check("over", 3)}], "levell": check("equals", "hot")}
    found = problems(
        {
            "rules": [
                rule(wrong, priority="high", colour="red"),
                rule(actions={"strategy": "hybrd", "notify": [1, "x"], "x": 1}),
                {"name": "B"},
                7,
            ],
            "default": {},
            "defalt": {},
        }
    )
    assert set(found) == {
        "defalt",
        "default.strategy",
        f"{AT}.any[0].total_score.operator",
        f"{AT}.levell",
        "rules[0].priority",
        "rules[0].colour",
        "rules[1].rule_id",
        "rules[1].actions.strategy",
        "rules[1].actions.notify[1]",
        "rules[1].actions.x",
        "rules[2].rule_id",
        "rules[2].conditions",
        "rules[2].actions",
        "rules[3]",
    }
    assert found["rules[1].rule_id"].startswith("rules[0] has this rule_id")
    assert found["rules[2].actions"] == "This is required."


def test_an_unknown_attribute_is_taken_where_none_are_known_yet() -> None:
    content = [rule({"attributes.anything": check("greater_than", 3)})]
    parse_rules(content, Actions)
    assert "There are none" in str(problems(content, {}))


@pytest.mark.parametrize(
    "said",
    [
        float("nan"),
        float("inf"),
        10**400,
        "a\x00b",
        "\ud800",
        {1},
        b"x",
        {"\x00": 1},
        {"x" * 201: 1},
    ],
    ids=lambda said: repr(said)[:20],
)
def test_what_the_store_cannot_keep_is_refused(said: Any) -> None:
    with pytest.raises(RuleSetInvalid, match=r"rules\[0\]\.actions\.said"):
        parse_rules([rule(actions={"said": said})], AnyActions)


@pytest.mark.parametrize("content", [None, 3, {}, {"rules": {}}, "rules"])
def test_what_is_no_rule_set_is_refused(content: Any) -> None:
    assert problems(content) == {"rules": "Write a list of rules under `rules`."}


def nested(depth: int) -> dict[str, Any]:
    conditions: dict[str, Any] = {"level": check("exists")}
    for _ in range(depth):
        conditions = {"none": [conditions]}
    return conditions


def test_rule_sets_are_bounded() -> None:
    parse_rules([rule(nested(DEEPEST))], Actions)
    [(where, why)] = problems([rule(nested(DEEPEST + 1))]).items()
    assert where == AT + ".none[0]" * DEEPEST + ".none"
    assert "20 deep" in why
    assert "100 deep" in str(problems([rule(nested(5000))]))
    many = [rule(rule_id=f"r{number}") for number in range(MOST_RULES + 1)]
    assert problems(many) == {"rules": "There may be at most 200 rules."}
    tests = {"level": [check("exists")] * (MOST_CHECKS + 1)}
    assert "2,000 tests" in str(problems([rule(tests)]))


def test_there_are_rules_only_for_what_uses_them() -> None:
    assert issubclass(kind_of("assignment").actions, BaseModel)
    with pytest.raises(UnknownRuleKind, match="assignment"):
        kind_of("asignment")
