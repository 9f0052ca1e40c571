"""The operators: which kinds of field each fits, and what it compares with.

What each says of a lead is written twice, in ``evaluation`` and in ``compiling``; docs/rules.md
says it in words.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

from features.normal_forms import spelled
from leadflow.conditions.problems import shown
from leadflow.conditions.values import ValueKind, read

Scalar = float | str | bool | datetime
Operand = Scalar | timedelta | tuple[Scalar, ...]
MOST_VALUES, LONGEST_TEXT = 1000, 1000
LONGEST_TIME = timedelta(days=36500)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EXAMPLES = {
    ValueKind.NUMBER: "a number such as 80",
    ValueKind.TEXT: 'a text in quotes, such as "retail"',
    ValueKind.TEXTS: 'a text in quotes, such as "seo"',
    ValueKind.BOOLEAN: "true or false",
    ValueKind.MOMENT: 'a moment such as "2026-03-01" or "2026-03-01T09:00:00Z"',
}
_PAIRS = {ValueKind.NUMBER: "[10, 50]", ValueKind.MOMENT: '["2026-03-01", "2026-03-31"]'}


class OperandRefused(ValueError):
    """A value that an operator cannot compare with; the message says what to write instead."""


@dataclass(frozen=True)
class Operator:
    """A comparison: its name, the kinds of field it fits, and how its value is read."""

    name: str
    kinds: frozenset[ValueKind]
    operand: Callable[[ValueKind, Any], Operand]


def _one(kind: ValueKind, raw: Any) -> Scalar:
    """One value of the kind; of a list of texts, one of its elements."""
    # What is stored is in this form too.
    said = spelled(raw) if isinstance(raw, str) else raw
    value = read(ValueKind.TEXT if kind is ValueKind.TEXTS else kind, said)
    if value is None or isinstance(value, frozenset) or value in (inf, -inf):
        raise OperandRefused(f"Write {_EXAMPLES[kind]}, not {shown(raw)}.")
    if isinstance(value, str):
        _refuse_unusable(value)
    return value


def _refuse_unusable(text: str) -> None:
    if not text:
        raise OperandRefused("An empty text is compared with is_empty.")
    if len(text) > LONGEST_TEXT:
        raise OperandRefused(f"A text may have at most {LONGEST_TEXT:,} characters.")


def _pair(kind: ValueKind, raw: Any) -> tuple[Scalar, ...]:
    if not isinstance(raw, list) or len(raw) != 2:
        such_as = _PAIRS.get(kind, _PAIRS[ValueKind.NUMBER])
        raise OperandRefused(f"Write the lowest and the highest value, such as {such_as}.")
    low, high = (_one(kind, item) for item in raw)
    if low > high:  # type: ignore[operator]  # both are of one kind
        raise OperandRefused("The first value is above the second: write the lower one first.")
    return low, high


def _several(kind: ValueKind, raw: Any) -> tuple[Scalar, ...]:
    if not isinstance(raw, list) or not raw:
        such_as = _PAIRS.get(kind, '["retail", "finance"]')
        raise OperandRefused(f"Write a list of at least one value, such as {such_as}.")
    if len(raw) > MOST_VALUES:
        raise OperandRefused(f"A list may have at most {MOST_VALUES:,} values.")
    return tuple(_one(kind, item) for item in raw)


def _flag(kind: ValueKind, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise OperandRefused(f"Write true or false, or leave the value out, not {shown(raw)}.")
    return raw


def read_time(raw: Any) -> timedelta:
    """A span such as ``15m``, ``36h``, ``7d`` or ``2w``.

    Raises:
        OperandRefused: it is none; the message says what to write.
    """
    match = re.fullmatch(r"([0-9]{1,8})([mhdw])", raw) if isinstance(raw, str) else None
    if match is None:
        raise OperandRefused(
            f"Write a number and a unit: 15m (minutes), 36h, 7d or 2w, not {shown(raw)}."
        )
    time = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not timedelta(0) < time <= LONGEST_TIME:
        raise OperandRefused("Write a time of at least one minute and at most 36500 days.")
    return time


def _time(kind: ValueKind, raw: Any) -> timedelta:
    return read_time(raw)


_SCALARS = frozenset({ValueKind.NUMBER, ValueKind.TEXT, ValueKind.BOOLEAN})
_ORDERED = frozenset({ValueKind.NUMBER, ValueKind.MOMENT})
_LISTABLE = frozenset({ValueKind.NUMBER, ValueKind.TEXT})
_EVERY = frozenset(ValueKind)

OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("equals", _SCALARS, _one),
        Operator("not_equals", _SCALARS, _one),
        Operator("greater_than", _ORDERED, _one),
        Operator("greater_or_equal", _ORDERED, _one),
        Operator("less_than", _ORDERED, _one),
        Operator("less_or_equal", _ORDERED, _one),
        Operator("between", _ORDERED, _pair),
        Operator("in", _LISTABLE, _several),
        Operator("not_in", _LISTABLE, _several),
        Operator("contains", frozenset({ValueKind.TEXT, ValueKind.TEXTS}), _one),
        Operator("starts_with", frozenset({ValueKind.TEXT}), _one),
        Operator("is_empty", _EVERY, _flag),
        Operator("exists", _EVERY, _flag),
        Operator("within_last", frozenset({ValueKind.MOMENT}), _time),
    )
}
# What these say does not depend on what kind of value there is.
OF_PRESENCE = frozenset({"is_empty", "exists"})
