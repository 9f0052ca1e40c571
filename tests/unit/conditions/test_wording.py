"""Conditions as people read and type them."""

from typing import Any

import pytest

from leadflow.conditions.operators import OPERATORS
from leadflow.conditions.typed import condition_of
from leadflow.conditions.values import ValueKind
from leadflow.conditions.wording import OPERATOR_WORDS, in_words

NUMBER, TEXT, MOMENT, YES_NO = (
    (ValueKind.NUMBER,),
    (ValueKind.TEXT,),
    (ValueKind.MOMENT,),
    (ValueKind.BOOLEAN,),
)


def test_every_comparison_has_words() -> None:
    assert OPERATOR_WORDS.keys() == OPERATORS.keys()
    assert len(set(OPERATOR_WORDS.values())) == len(OPERATORS)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"total_score": {"operator": "greater_or_equal", "value": 80}}, "score is at least 80"),
        (
            {"created_at": {"operator": "greater_than", "value": "2026-03-01"}},
            "day it came in is after 2026-03-01",
        ),
        (
            {"last_event_at": {"operator": "within_last", "value": "7d"}},
            "last activity was in the last 7 days",
        ),
        ({"industry": {"operator": "is_empty"}}, "industry is not known"),
        ({"industry": {"operator": "is_empty", "value": False}}, "industry is known"),
        ({"attributes.vip": {"operator": "equals", "value": True}}, "vip is yes"),
        (
            {
                "any": [
                    {"level": {"operator": "in", "value": ["hot", "warm"]}},
                    {
                        "budget": {"operator": "between", "value": [1, 2.5]},
                        "country": {"operator": "equals", "value": "DE"},
                    },
                ]
            },
            "either level is one of hot, warm or (budget is between 1 and 2.5 and country is DE)",
        ),
        (
            {"none": [{"source": {"operator": "starts_with", "value": "fair"}}]},
            "neither source begins with fair",
        ),
    ],
)
def test_conditions_are_said_in_words(where: dict[str, Any], words: str) -> None:
    assert in_words(where) == words


@pytest.mark.parametrize(
    ("kinds", "operator", "text", "value"),
    [
        (NUMBER, "equals", " 12 ", 12),
        (NUMBER, "between", "10 to 50.5", [10, 50.5]),
        (NUMBER, "in", "1, 2,", [1, 2]),
        (NUMBER, "equals", "many", "many"),
        (TEXT, "equals", "12", "12"),
        (TEXT, "in", "Retail, real estate", ["Retail", "real estate"]),
        (YES_NO, "equals", "Yes", True),
        (MOMENT, "between", "2026-03-01 and 2026-03-31", ["2026-03-01", "2026-03-31"]),
        (MOMENT, "within_last", "7d", "7d"),
    ],
)
def test_what_is_typed_is_read_as_the_kind_of_its_field(
    kinds: tuple[ValueKind, ...], operator: str, text: str, value: Any
) -> None:
    assert condition_of("x", kinds, operator, text) == {"x": {"operator": operator, "value": value}}


def test_what_asks_only_whether_there_is_a_value_needs_none() -> None:
    assert condition_of("x", TEXT, "is_empty", "whatever") == {"x": {"operator": "is_empty"}}
