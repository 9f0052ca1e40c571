"""Tests as they are to be written, for whoever wrote one wrongly: what the field can be held
against by the operator, with values that it can have."""

import json
from typing import Any

from leadflow.conditions.operators import OF_PRESENCE, OPERATORS, OperandRefused, Operator
from leadflow.conditions.values import ValueKind, Values

_SUCH_AS: dict[ValueKind, tuple[Any, Any]] = {
    ValueKind.NUMBER: (10, 50),
    ValueKind.TEXT: ("retail", "finance"),
    ValueKind.TEXTS: ("seo", "ads"),
    ValueKind.BOOLEAN: (True, False),
    ValueKind.MOMENT: ("2026-03-01", "2026-03-31"),
}
# What most mean who hold a field of a kind against a value without an operator.
_MEANT = {ValueKind.TEXTS: "contains", ValueKind.MOMENT: "greater_or_equal"}
A_TIME, LONGEST = "7d", 60


def operators_for(kinds: tuple[ValueKind, ...]) -> list[str]:
    """The operators that a field of these kinds can be held against a value by; all of them where
    nobody knows its kind."""
    return [one.name for one in OPERATORS.values() if not kinds or one.kinds & set(kinds)]


def meant(kinds: tuple[ValueKind, ...], raw: Any, values: Values | None) -> str:
    """The test that somebody meant who wrote this value alone, as far as it fits the field; else
    one that does."""
    names = ["is_empty"] if raw is None else ["equals", *_MEANT.values()]
    if isinstance(raw, list):
        names = ["in"]
    for kind in kinds or tuple(ValueKind):
        for name in names:
            operator = OPERATORS[name]
            if kind in operator.kinds and _takes(operator, kind, raw) and _can_be(raw, values):
                return _written(name, None if name in OF_PRESENCE else raw)
    kind = kinds[0] if kinds else ValueKind.TEXT
    return such_as(OPERATORS[_MEANT.get(kind, "equals")], kind, values)


def such_as(operator: Operator, kind: ValueKind, values: Values | None) -> str:
    """A test by this operator of a field of a kind."""
    low, high = _SUCH_AS[kind]
    if kind in (ValueKind.TEXT, ValueKind.TEXTS) and isinstance(values, tuple) and values:
        low, high = values[0], values[-1]
    if operator.name in OF_PRESENCE:
        return _written(operator.name, None)
    if operator.name == "within_last":
        return _written(operator.name, A_TIME)
    if operator.name in ("between", "in", "not_in"):
        return _written(operator.name, [low, high] if low != high else [low])
    return _written(operator.name, low)


def _takes(operator: Operator, kind: ValueKind, raw: Any) -> bool:
    try:
        operator.operand(kind, True if operator.name in OF_PRESENCE else raw)
    except OperandRefused:
        return False
    return True


def _can_be(raw: Any, values: Values | None) -> bool:
    said = raw if isinstance(raw, list) else [raw]
    return raw is None or values is None or all(str(one).lower() in values for one in said)


def _written(operator: str, value: Any) -> str:
    if value is None:
        return f"{{operator: {operator}}}"
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return f"{{operator: {operator}, value: {shown if len(shown) <= LONGEST else '…'}}}"
